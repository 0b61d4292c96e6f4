using System.Globalization;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;

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
        select new Violation(malformed.Field, $"must be {malformed.Expected}, found {malformed.Found}", Remedy(malformed));

    /// <summary>The value to write, as far as the one that is there tells it.</summary>
    internal static string Remedy(Malformation malformed)
    {
        var found = malformed.Found;
        var text = found is ['"', .. var quoted, '"'] ? quoted : null;
        return malformed.Expected switch
        {
            "a string" when found is not ['{' or '[', ..] => $"Put it in quotes: \"{found}\"",
            "a whole number" when Whole(text) is { } number => $"Write {number}, without quotes",
            "a whole number" when malformed.Field is { Name: "number", Parent.Name: "port" } && text is not null =>
                $"Write {{name: {text}}} in place of number",
            "a whole number" => "Write a whole number, like 80",
            "true or false" when text?.ToLowerInvariant() is "true" or "false" => $"Write {text.ToLowerInvariant()}, without quotes",
            "true or false" => "Write true or false, without quotes",
            "an object" when malformed.Field.Name == "port" && Whole(text ?? found) is { } port => $"Write {{number: {port}}}",
            "an object" when malformed.Field.Name == "port" && text is not null => $"Write {{name: {text}}}",
            "an object" when malformed.Field.Name == "service" && text is not null => $"Write {{name: {text}, port: {{number: 80}}}}",
            "an object" => $"Write fields below {malformed.Field.Name ?? "it"}, like {{{Example(malformed.Field.Name)}}}",
            "a list" when found is not ['[', ..] and not [.., '…'] => $"Write [{(text is null ? found : text)}]",
            _ => $"Write {malformed.Expected}",
        };
    }

    private static int? Whole(string? text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number : null;

    private static string Example(string? field) => field switch
    {
        "labels" or "selector" => "app: web",
        "annotations" => "example.com/team: shop",
        "metadata" => "name: web",
        "http" => "paths: []",
        "backend" or "defaultBackend" => "service: {name: web, port: {number: 80}}",
        _ => "name: value",
    };
}
