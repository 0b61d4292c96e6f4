using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A document with everything that is wrong with it. What is none of our kinds is read as a policy, whose kind is then a mistake.</summary>
public sealed class WrittenDocument
{
    /// <summary>More than anything nests that a policy or an exemption can say, and than YAML may: what is made of it calls itself for each level.</summary>
    private const int MostLevels = 128;

    /// <summary>Reads and checks it.</summary>
    /// <param name="json">The document, UTF-8.</param>
    /// <param name="defaultNamespace">The namespace of an exemption that names none; null where it must name one.</param>
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

    /// <summary>What it says.</summary>
    public Document Document { get; }

    /// <summary>All that is wrong with it; nothing where it can be put into force.</summary>
    public IReadOnlyList<PolicyError> Mistakes { get; }

    /// <summary>The spec as JSON, the same for a file and for what the API server stores of it, which changes the order of members; empty where there is none.</summary>
    public string Spec { get; }

    internal string Noun => Document is ExemptionDocument ? "exemption" : "policy";

    /// <summary>No two documents may share it.</summary>
    internal string Identity => $"{Noun} {(Document as ExemptionDocument)?.Namespace}/{Document.Name}";

    /// <summary>All that makes a difference: neither the status nor what the API server keeps in metadata.</summary>
    internal string Content => $"{Identity} {(Document as ExemptionDocument)?.CreatedAt:O} {Spec}";

    /// <summary>One of which nothing is known but that it cannot be read.</summary>
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
