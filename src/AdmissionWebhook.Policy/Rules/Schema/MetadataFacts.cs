using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Schema;

/// <summary>What the API server requires of metadata, besides types and forms.</summary>
internal static class MetadataFacts
{
    public static IEnumerable<Violation> Check(Field root, KubernetesObject subject)
    {
        var metadata = root["metadata"];
        var (name, generated) = (metadata["name"], metadata["generateName"]);
        if (name.Text.Length == 0 && generated.Text.Length == 0)
            yield return new(name.At, "is required", "Add a name, or generateName");
        if (NameFault(name, name.Text, subject) is { } fault)
            yield return fault;

        // The API server appends random letters and digits, and looks at no more of a hyphen at the end than this.
        if (NameFault(generated, generated.Text is [_, _, ..] && generated.Text.EndsWith('-') ? generated.Text[..^2] + "a"
            : generated.Text, subject) is { } wrong)
            yield return wrong;

        foreach (var owner in metadata["ownerReferences"].Items)
        {
            foreach (var field in new[] { owner["apiVersion"], owner["kind"], owner["name"], owner["uid"] }.Where(field => field.Text.Length == 0))
                yield return new(field.At, "is required", "Add it, or remove the reference");
        }
    }

    private static Violation? NameFault(Field field, string name, KubernetesObject subject)
    {
        if (name.Length == 0 || ObjectSchema.IsPlaceholder(name))
            return null;
        if (Forms.Fault(subject is Service ? "dns-label" : "dns-name", name) is { } fault)
            return new(field.At, $"{fault.Fault}, found \"{Printable.Shorten(field.Text, 80)}\"", fault.Remedy);
        return subject is Service && Forms.BeginsWithDigit(name)
            ? new(field.At, $"name \"{name}\" begins with a digit, which Kubernetes before 1.36 rejects for a Service", "Begin it with a letter") { IsAdvice = true }
            : null;
    }
}
