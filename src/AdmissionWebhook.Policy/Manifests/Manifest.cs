using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>One object in a file, with the lines of its fields.</summary>
public sealed partial class Manifest
{
    private readonly SourceLines _lines;

    internal Manifest(string file, YamlMappingNode node, string apiVersion, string kindName, YamlMembers members)
    {
        File = file;
        Line = (int)node.Start.Line;
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

    /// <summary>Reads every object of a YAML or JSON text, and the items of lists. Reports all errors at once.</summary>
    /// <param name="file">The name of the text in errors.</param>
    /// <param name="text">Any number of documents.</param>
    /// <param name="errors">Everything that could not be read.</param>
    public static ImmutableArray<Manifest> ReadAll(string file, string text, ICollection<SourceError> errors)
    {
        var stream = new YamlStream();
        var parser = new ShallowParser(new StringReader(BlankFirstLine().Replace(JsonStream.ToYaml(text), "$1")));
        try
        {
            stream.Load(parser);
        }
        catch (YamlException mistake)
        {
            errors.Add(new(file, (int)mistake.Start.Line, $"is not valid YAML or JSON: {mistake.InnerException?.Message ?? mistake.Message}"));
            return [];
        }
        catch (Exception mistake) when (mistake is ArgumentException or InvalidOperationException)
        {
            // The parser did not expect this; its message describes its internals.
            errors.Add(new(file, (int)(parser.Current?.End.Line ?? 1), "is not valid YAML or JSON from here on: indent lines inside brackets, and put strings with special characters in quotes"));
            return [];
        }

        return new ManifestDocuments(file, text.Length, errors).Read(stream.Documents);
    }

    /// <summary>The line of a field; if the field is absent, the line of the nearest existing parent.</summary>
    public int LineOf(FieldPath field) => _lines.Of(field, Line);

    /// <summary>Reads the object; its kind must be known.</summary>
    public KubernetesObject Read(string? defaultNamespace = null) => Kind!.Read(Json, ApiVersion, defaultNamespace);

    /// <summary>A block string whose first line has only spaces: Helm writes them and kubectl accepts them, but our parser does not. The spaces have no meaning.</summary>
    [GeneratedRegex(@"(\|[-+]?[ \t]*\r?\n) +(?=\r?\n|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex BlankFirstLine();
}

/// <summary>An error in a file.</summary>
/// <param name="File">As the user named it.</param>
/// <param name="Line">Counted from one.</param>
/// <param name="Message">What is wrong.</param>
public sealed record SourceError(string File, int Line, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {Message}";
}
