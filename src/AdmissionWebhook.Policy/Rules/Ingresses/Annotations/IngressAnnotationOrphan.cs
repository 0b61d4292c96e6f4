using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Only what no setting of the controller as a whole can make up for.</summary>
public sealed class IngressAnnotationOrphan() : NginxAnnotationRule(
    "ingress-annotation-orphan",
    "No annotation of ingress-nginx depends on another that is not there.",
    "An auth-signin without auth-url looks like authentication and is none: without the annotation that switches something on, those that describe it are not read at all.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        foreach (var annotation in annotations)
        {
            if (annotation is { Known: { } known, Value.Length: > 0 } && MissingFor(ingress, known, context.Parameters.Get(Prefix)) is { } missing)
                yield return new(annotation.At, $"does nothing without {missing}", $"Add {missing}, or remove it");
        }
    }

    /// <summary>What an annotation needs beside it and does not find; null where it finds everything.</summary>
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
