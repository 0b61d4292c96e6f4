using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules;

/// <summary>Other rules read such a field as absent, so this rule must report it.</summary>
public sealed class FieldTypeValid() : ValidationRule<KubernetesObject>(
    "field-type-valid",
    "Every field has a value of the type that its API defines.",
    "The API server rejects the object. Until then other rules read the field as absent: `number: http` names no port.")
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(KubernetesObject subject, RuleContext context) =>
        from malformed in subject.Malformed
        select new Violation(malformed.Field, $"must be {malformed.Expected}, found {malformed.Found}", malformed is { Expected: "a string", Found: not ['{' or '[', ..] } ? "Put it in quotes" : $"Write {malformed.Expected}");
}
