using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>The levels are those of ingress-nginx, and the default limit is the same.</summary>
public sealed class IngressNginxAnnotationRisk() : NginxAnnotationRule(
    "ingress-nginx-annotation-risk",
    "No annotation of ingress-nginx is riskier than the policy allows.",
    "With an annotation of high risk, its author can redirect traffic, passwords or copies of requests. A critical one is the configuration of the controller itself.")
{
    private static readonly Parameter<AnnotationRisk> Highest =
        Parameter.Choice("highest", AnnotationRisk.High, "The highest level that is allowed, as `annotations-risk-level` of ingress-nginx.");

    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Annotations that are allowed at any level, by name without the prefix: `auth-url`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Highest, Allowed, Prefix];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        var highest = context.Parameters.Get(Highest);
        foreach (var annotation in annotations)
        {
            if (annotation.Known?.Risk is { } risk && risk > highest && !context.Parameters.Get(Allowed).Contains(annotation.Name))
                yield return new(annotation.At, $"risk {risk} is not allowed; the highest allowed risk is {highest}", "Remove it") { Value = annotation.Value };
        }
    }
}
