using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Values are read as ingress-nginx reads them: what it forgives is no violation, and an empty value is as good as none.</summary>
public sealed class IngressNginxAnnotationValue() : NginxAnnotationRule(
    "ingress-nginx-annotation-value",
    "Every annotation of ingress-nginx has a value that it takes.",
    "Most values that ingress-nginx cannot read it replaces by a default without a word: a mistyped origin becomes every origin, HTTPSS becomes plain HTTP. Others turn off all of the authentication, or answer 503.")
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        foreach (var annotation in annotations)
        {
            if (annotation is { Known: { } known, Value.Length: > 0 } && !known.Value.Accepts(annotation.Value))
            {
                var consequence = IngressAnnotationOrphan.MissingFor(ingress, known, context.Parameters.Get(Prefix)) is null ? Consequence(known) : "";
                yield return new(annotation.At, $"\"{annotation.Shown}\" is no value for ingress-nginx{consequence}", $"Use {known.Value.Description}") { Value = annotation.Value };
            }
        }
    }

    private static string Consequence(Annotation known) => known.Invalid switch
    {
        InvalidValue.Replaced => $": without a word it {known.Instead}",
        InvalidValue.Rejected => ": it refuses the Ingress, or leaves all of it out",
        InvalidValue.Unavailable => ": it answers 503 to every request",
        InvalidValue.Dropped => ": without a word it drops the external authentication, and lets everybody in",
        _ => "",
    };
}
