using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AdmissionWebhook.Policy.Resources;

/// <summary>One object written in a file, with the lines its fields stand on.</summary>
public sealed class Manifest
{
    private readonly SourceLines _lines;

    private Manifest(string file, YamlMappingNode node, string? listApiVersion, string? listItemKind)
    {
        File = file;
        Line = (int)node.Start.Line;
        Json = YamlJson.Write(node, out var marks);
        _lines = new(Json, marks);
        ApiVersion = Scalar(node, "apiVersion") ?? listApiVersion ?? "";
        KindName = Scalar(node, "kind") ?? listItemKind ?? "";
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The object's first line, counted from one.</summary>
    public int Line { get; }

    /// <summary>The object as JSON, UTF-8.</summary>
    public byte[] Json { get; }

    /// <summary>Empty where absent.</summary>
    public string ApiVersion { get; }

    /// <summary>Empty where absent.</summary>
    public string KindName { get; }

    /// <summary>Null where the kind is none of ours.</summary>
    public ResourceKind? Kind => ResourceKind.Find(ApiVersion, KindName);

    /// <summary>Reads every object of a YAML or JSON text; a <c>List</c> stands for its items. All mistakes at once.</summary>
    /// <param name="file">How to name the text in errors.</param>
    /// <param name="text">Any number of documents.</param>
    /// <param name="errors">What could not be read.</param>
    public static ImmutableArray<Manifest> ReadAll(string file, string text, ICollection<SourceError> errors)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new ShallowParser(new StringReader(text)));
        }
        catch (YamlException mistake)
        {
            errors.Add(new(file, (int)mistake.Start.Line, $"not readable as YAML or JSON: {mistake.InnerException?.Message ?? mistake.Message}"));
            return [];
        }

        var manifests = ImmutableArray.CreateBuilder<Manifest>();
        foreach (var document in stream.Documents)
            AddObjects(manifests, file, document.RootNode, errors);
        return manifests.ToImmutable();
    }

    /// <summary>The line of a field; where the field is absent, that of the nearest enclosing one that is there.</summary>
    public int LineOf(FieldPath field) => _lines.Of(field, Line);

    /// <summary>Reads the object; its kind must be known.</summary>
    public KubernetesObject Read(string? defaultNamespace = null) => Kind!.Read(Json, ApiVersion, defaultNamespace);

    private static void AddObjects(
        ImmutableArray<Manifest>.Builder manifests, string file, YamlNode root, ICollection<SourceError> errors, string? listApiVersion = null, string? listItemKind = null)
    {
        if (root is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" })
            return;

        if (root is not YamlMappingNode map)
        {
            errors.Add(new(file, (int)root.Start.Line, "not a Kubernetes object: expected a map with apiVersion and kind"));
            return;
        }

        var kind = Scalar(map, "kind") ?? listItemKind;
        if (kind is null || (Scalar(map, "apiVersion") ?? listApiVersion) is null)
        {
            errors.Add(new(file, (int)map.Start.Line, "not a Kubernetes object: it has no " + (kind is null ? "kind" : "apiVersion")));
            return;
        }

        if (kind.EndsWith("List", StringComparison.Ordinal) && map.Children.TryGetValue("items", out var items) && items is YamlSequenceNode list)
        {
            var itemKind = kind == "List" ? null : kind[..^"List".Length];
            foreach (var item in list.Children)
                AddObjects(manifests, file, item, errors, itemKind is null ? null : Scalar(map, "apiVersion"), itemKind);
            return;
        }

        try
        {
            manifests.Add(new(file, map, listApiVersion, listItemKind));
        }
        catch (YamlException mistake)
        {
            errors.Add(new(file, (int)mistake.Start.Line, mistake.Message));
        }
    }

    private static string? Scalar(YamlMappingNode map, string key) =>
        map.Children.TryGetValue(key, out var value) && value is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;
}

/// <summary>A mistake in a file.</summary>
/// <param name="File">As the user named it.</param>
/// <param name="Line">Counted from one.</param>
/// <param name="Message">What is wrong.</param>
public sealed record SourceError(string File, int Line, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {Message}";
}
