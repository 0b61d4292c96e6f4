using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A document with all its errors. A document of an unknown kind is read as a policy with a wrong kind.</summary>
public sealed class WrittenDocument
{
    /// <summary>More than any valid policy or exemption needs, and more than YAML may nest: the code recurses for each level.</summary>
    private const int MostLevels = 128;

    /// <summary>Reads and checks it.</summary>
    /// <param name="json">The document, UTF-8.</param>
    /// <param name="defaultNamespace">The namespace of an exemption that names none; null if it must name one.</param>
    public WrittenDocument(ReadOnlyMemory<byte> json, string? defaultNamespace = null)
    {
        using var parsed = JsonDocument.Parse(json, new() { MaxDepth = MostLevels });
        var members = new Members(parsed.RootElement, FieldPath.Root, []);
        Document = members.Text("kind") == ExemptionDocument.SupportedKind
            ? ExemptionDocument.Read(parsed.RootElement.Clone(), defaultNamespace)
            : PolicyDocument.Read(parsed.RootElement.Clone());
        Mistakes = Document is ExemptionDocument exemption
            ? new ExemptionDocumentValidator().Check(exemption)
            : new PolicyDocumentValidator().Check((PolicyDocument)Document);
        Spec = Canonical(members["spec"]);
    }

    private WrittenDocument(PolicyError mistake) => (Document, Mistakes, Spec) = (new PolicyDocument(), [mistake], "");

    /// <summary>Its contents.</summary>
    public Document Document { get; }

    /// <summary>All its errors; empty if it can take effect.</summary>
    public IReadOnlyList<PolicyError> Mistakes { get; }

    /// <summary>The spec as JSON in a canonical order, equal for a file and for its stored copy; empty if there is none.</summary>
    public string Spec { get; }

    internal string Noun => Document is ExemptionDocument ? "exemption" : "policy";

    /// <summary>Unique for each document.</summary>
    internal string Identity => $"{Noun} {(Document as ExemptionDocument)?.Namespace}/{Document.Name}";

    /// <summary>Everything except the status and the metadata of the API server.</summary>
    internal string Content => $"{Identity} {(Document as ExemptionDocument)?.CreatedAt:O} {Spec}";

    /// <summary>A document that cannot be read.</summary>
    public static WrittenDocument Unreadable(string reason) => new(new PolicyError(FieldPath.Root, $"cannot be read: {reason}"));

    private static string Canonical(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined => "",
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Where(member => !Members.IsAbsent(member.Value)).OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => $"{Quote(member.Name)}:{Canonical(member.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Canonical))}]",
        JsonValueKind.String => Quote(value.GetString()!),
        _ => value.GetRawText(),
    };

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
