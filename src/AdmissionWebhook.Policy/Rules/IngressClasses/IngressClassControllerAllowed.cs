using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.IngressClasses;

/// <summary>Rule ingress-class-allowed decides which class a namespace may use.</summary>
public sealed class IngressClassControllerAllowed() : ValidationRule<IngressClass>(
    "ingress-class-controller-allowed",
    "An IngressClass names a controller that the policy allows.",
    "A class lets its controller serve traffic. A controller that nobody maintains then serves every Ingress of the class, and rules for other controllers do not apply to it.")
{
    private static readonly Parameter<ImmutableArray<string>> Controllers =
        Parameter.RequiredTextList("controllers", "Patterns, one of which spec.controller must match: `k8s.io/ingress-nginx*`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Controllers];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(IngressClass ingressClass, RuleContext context)
    {
        var allowed = context.Parameters.Get(Controllers);
        if (string.IsNullOrEmpty(ingressClass.Controller))
            yield return new(FieldPath.Spec / "controller", "is required", Remedy(allowed));
        else if (!NamePattern.MatchesAny(allowed, ingressClass.Controller))
            yield return new(FieldPath.Spec / "controller", $"controller \"{ingressClass.Controller}\" is not allowed", Remedy(allowed));
    }

    private static string Remedy(ImmutableArray<string> allowed) => allowed.IsEmpty ? "The policy allows no controller" : $"Use {string.Join(" or ", allowed)}";
}
