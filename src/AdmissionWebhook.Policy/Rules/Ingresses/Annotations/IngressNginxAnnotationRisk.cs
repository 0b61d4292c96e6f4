using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>The levels are those that ingress-nginx itself gives; by default it stops at the same one.</summary>
public sealed class IngressNginxAnnotationRisk() : NginxAnnotationRule(
    "ingress-nginx-annotation-risk",
    "No annotation of ingress-nginx is riskier than the policy allows.",
    "An annotation of high risk sends traffic, passwords or copies of requests where its author likes; a critical one is the controller's configuration itself.")
{
    private static readonly Parameter<AnnotationRisk> Highest =
        Parameter.Choice("highest", AnnotationRisk.High, "The highest level that may be used, as `annotations-risk-level` of ingress-nginx.");

    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Annotations that may be used whatever their level, by their names behind the prefix: `auth-url`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Highest, Allowed, Prefix];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        var highest = context.Parameters.Get(Highest);
        foreach (var annotation in annotations)
        {
            if (annotation.Known?.Risk is { } risk && risk > highest && !context.Parameters.Get(Allowed).Contains(annotation.Name))
                yield return new(annotation.At, $"is of {risk} risk, and no more than {highest} may be used", "Remove it") { Value = annotation.Value };
        }
    }
}
