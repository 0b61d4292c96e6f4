using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.IngressClasses;

/// <summary>Which class a namespace may use is the business of ingress-class-allowed.</summary>
public sealed class IngressClassControllerAllowed() : ValidationRule<IngressClass>(
    "ingress-class-controller-allowed",
    "An IngressClass names a controller that the organisation runs.",
    "A class brings its controller into the cluster's traffic: one that nobody looks after serves whatever names the class, past the rules that are kept for the others.")
{
    private static readonly Parameter<ImmutableArray<string>> Controllers =
        Parameter.RequiredTextList("controllers", "What spec.controller may be, as patterns: `k8s.io/ingress-nginx*`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Controllers];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(IngressClass ingressClass, RuleContext context)
    {
        var allowed = context.Parameters.Get(Controllers);
        if (string.IsNullOrEmpty(ingressClass.Controller))
            yield return new(FieldPath.Spec / "controller", "names no controller", Remedy(allowed));
        else if (!NamePattern.MatchesAny(allowed, ingressClass.Controller))
            yield return new(FieldPath.Spec / "controller", $"controller \"{ingressClass.Controller}\" may not be used", Remedy(allowed));
    }

    private static string Remedy(ImmutableArray<string> allowed) => allowed.IsEmpty ? "None may be used here" : $"Use {string.Join(" or ", allowed)}";
}
