using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules;

/// <summary>Other rules read such a field as absent, so somebody has to say that it is there.</summary>
public sealed class FieldTypeValid() : ValidationRule<KubernetesObject>(
    "field-type-valid",
    "Every field holds a value of the type its API defines.",
    "The API server refuses the object, and until it does nothing can be said about the field: `number: http` names no port.")
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(KubernetesObject subject, RuleContext context) =>
        from malformed in subject.Malformed
        select new Violation(malformed.Field, $"expected {malformed.Expected}, found {malformed.Found}", malformed is { Expected: "a text", Found: not ['{' or '[', ..] } ? "Put it in quotes" : $"Write {malformed.Expected}");
}
