using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Reads values as ingress-nginx reads them: a value that it tolerates is no violation, and an empty value counts as absent.</summary>
public sealed class IngressNginxAnnotationValue() : NginxAnnotationRule(
    "ingress-nginx-annotation-value",
    "Every annotation of ingress-nginx has a valid value.",
    "ingress-nginx silently replaces most invalid values by a default: a mistyped origin becomes every origin, and HTTPSS becomes plain HTTP. Other invalid values disable the whole authentication, or cause a 503.")
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        foreach (var annotation in annotations)
        {
            if (annotation is { Known: { } known, Value.Length: > 0 } && !known.Value.Accepts(annotation.Value))
            {
                var consequence = IngressAnnotationOrphan.MissingFor(ingress, known, context.Parameters.Get(Prefix)) is null ? Consequence(known) : " for ingress-nginx";
                yield return new(annotation.At, $"\"{annotation.Shown}\" is not a valid value{consequence}", $"Use {known.Value.Description}") { Value = annotation.Value };
            }
        }
    }

    private static string Consequence(Annotation known) => known.Invalid switch
    {
        InvalidValue.Replaced => $"; ingress-nginx silently {known.Instead}",
        InvalidValue.Rejected => "; ingress-nginx rejects the Ingress or ignores all of it",
        InvalidValue.Unavailable => "; ingress-nginx answers 503 to every request",
        InvalidValue.Dropped => "; ingress-nginx silently disables external authentication and lets everybody in",
        _ => " for ingress-nginx",
    };
}
