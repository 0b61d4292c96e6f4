using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Only annotations that no global setting of the controller can complete.</summary>
public sealed class IngressAnnotationOrphan() : NginxAnnotationRule(
    "ingress-annotation-orphan",
    "No annotation of ingress-nginx depends on another annotation that is missing.",
    "An auth-signin without auth-url looks like authentication but is none. ingress-nginx ignores such an annotation if the one that enables the feature is missing.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        foreach (var annotation in annotations)
        {
            if (annotation is { Known: { } known, Value.Length: > 0 } && MissingFor(ingress, known, context.Parameters.Get(Prefix)) is { } missing)
                yield return new(annotation.At, $"has no effect without {missing}", $"Add {missing}, or remove it");
        }
    }

    /// <summary>The annotations that an annotation needs and that are missing; null if none is missing.</summary>
    internal static string? MissingFor(Ingress ingress, Annotation known, string prefix)
    {
        foreach (var alternatives in known.Needs)
        {
            if (!alternatives.Any(name => ingress.Metadata.Annotations[$"{prefix}/{name}"] is { Length: > 0 }))
                return string.Join(" or ", alternatives);
        }

        return null;
    }
}
