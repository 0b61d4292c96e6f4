using System.Text.Json;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A document and the manifest it was read from. What is none of our kinds is read as a policy, whose kind is then a mistake.</summary>
internal sealed class WrittenDocument
{
    private readonly Manifest _manifest;

    public WrittenDocument(Manifest manifest, string? defaultNamespace)
    {
        _manifest = manifest;
        using var json = JsonDocument.Parse(manifest.Json);
        var root = json.RootElement.Clone();
        Document = manifest.KindName == ExemptionDocument.SupportedKind ? ExemptionDocument.Read(root, defaultNamespace) : PolicyDocument.Read(root);
        Content = $"{Identity} {(Document as ExemptionDocument)?.CreatedAt:O} {Canonical(new Members(root, FieldPath.Root, [])["spec"])}";
    }

    public Document Document { get; }

    public string Noun => Document is ExemptionDocument ? "exemption" : "policy";

    /// <summary>No two documents may share it.</summary>
    public string Identity => $"{Noun} {(Document as ExemptionDocument)?.Namespace}/{Document.Name}";

    /// <summary>
    /// All that makes a difference, and the same for a file and for what the API server stores of it: not the status, nor what it
    /// keeps in metadata, nor the order of members, which it changes.
    /// </summary>
    public string Content { get; }

    public void Check(ICollection<SourceError> errors)
    {
        var mistakes = Document is ExemptionDocument exemption
            ? new ExemptionDocumentValidator().Check(exemption)
            : new PolicyDocumentValidator().Check((PolicyDocument)Document);
        foreach (var mistake in mistakes)
            errors.Add(Mistake(mistake));
    }

    public SourceError Mistake(FieldPath field, string message) => Mistake(new PolicyError(field, message));

    private static string Canonical(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Where(member => !Members.IsAbsent(member.Value)).OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => $"{Quote(member.Name)}:{Canonical(member.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Canonical))}]",
        JsonValueKind.String => Quote(value.GetString()!),
        _ => value.ToString(),
    };

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private SourceError Mistake(PolicyError mistake) => new(_manifest.File, _manifest.LineOf(mistake.Field), mistake.ToString());
}
