using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>One object in a file, with the lines of its fields.</summary>
public sealed class Manifest
{
    private readonly SourceLines _lines;

    internal Manifest(string file, YamlMap node, string apiVersion, string kindName, YamlMembers members)
    {
        File = file;
        Line = node.Line;
        Json = YamlJson.Write(node, members, out var marks);
        _lines = new(Json, marks);
        ApiVersion = apiVersion;
        KindName = kindName;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The object's first line, counted from one.</summary>
    public int Line { get; }

    /// <summary>The object as JSON, UTF-8.</summary>
    public byte[] Json { get; }

    /// <summary>As written, or the one of the enclosing list.</summary>
    public string ApiVersion { get; }

    /// <summary>As written, or the kind of the items of the enclosing list.</summary>
    public string KindName { get; }

    /// <summary>Null if the webhook does not know the kind.</summary>
    public ResourceKind? Kind => ResourceKind.Find(ApiVersion, KindName);

    /// <summary>
    /// Why its author means one of the checked kinds and writes another: <c>kind: service</c>, or an Ingress in <c>v1</c>. Null for every other object. Nobody would
    /// check it, so those who read manifests of users report it.
    /// </summary>
    public SourceError? NearMiss => Manifests.NearMiss.Find(ApiVersion, KindName) is { } meant ? new(File, LineOf(FieldPath.Root / meant.Field), meant.Message) : null;

    /// <summary>Reads every object of a YAML or JSON text, and the items of lists. Reports all errors at once; the objects before an error are read.</summary>
    /// <param name="file">The name of the text in errors.</param>
    /// <param name="text">Any number of documents.</param>
    /// <param name="errors">Everything that could not be read, and what kubectl reads without a word. <see cref="SourceError.Sort"/> tells which is which.</param>
    public static ImmutableArray<Manifest> ReadAll(string file, string text, ICollection<SourceError> errors) => ManifestText.Read(file, text, errors);

    /// <summary>The line of a field; if the field is absent, the line of the nearest existing parent.</summary>
    public int LineOf(FieldPath field) => _lines.Of(field, Line);

    /// <summary>Reads the object; its kind must be known.</summary>
    public KubernetesObject Read(string? defaultNamespace = null) => Kind!.Read(Json, ApiVersion, defaultNamespace);
}
