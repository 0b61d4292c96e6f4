using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>Finds the objects in the documents of a file. As in kubectl, an object of any kind with <c>items</c> is a list.</summary>
/// <param name="file">The name of the file in errors.</param>
/// <param name="written">How many characters it has.</param>
/// <param name="errors">Everything that could not be read.</param>
internal sealed class ManifestDocuments(string file, int written, ICollection<SourceError> errors)
{
    private readonly YamlMembers _members = new(written);
    private readonly ImmutableArray<Manifest>.Builder _manifests = ImmutableArray.CreateBuilder<Manifest>();

    public ImmutableArray<Manifest> Read(IEnumerable<YamlDocument> documents)
    {
        foreach (var document in documents)
            Add(document.RootNode, "", "", YamlMembers.MaxDepth);
        return _manifests.ToImmutable();
    }

    /// <summary>Adds an object, or the items of a list.</summary>
    /// <param name="root">The node.</param>
    /// <param name="apiVersion">The one of the enclosing list; empty if the object must name its own.</param>
    /// <param name="kind">The kind of items of the enclosing list; empty if the object must name its own.</param>
    /// <param name="depth">How many more lists may be nested.</param>
    private void Add(YamlNode root, string apiVersion, string kind, int depth)
    {
        if (_members.IsSpent || root is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" })
            return;

        try
        {
            if (root is not YamlMappingNode map)
                throw new YamlException(root.Start, root.End, "is not a Kubernetes object; it must be a map with apiVersion and kind");

            var members = _members.Of(map, depth);
            kind = Text(members, "kind") ?? kind;
            apiVersion = Text(members, "apiVersion") ?? apiVersion;
            if (kind.Length == 0 || apiVersion.Length == 0)
                throw new YamlException(map.Start, map.End, "is not a Kubernetes object; " + (kind.Length == 0 ? "kind" : "apiVersion") + " is required");

            if (members.TryGetValue("items", out var items))
                AddItems(items.Value, apiVersion, kind, depth);
            else
                _manifests.Add(new(file, map, apiVersion, kind, _members));
        }
        catch (YamlException mistake)
        {
            errors.Add(new(file, (int)mistake.Start.Line, mistake.Message));
        }
    }

    private void AddItems(YamlNode items, string apiVersion, string kind, int depth)
    {
        var (itemVersion, itemKind) = kind.EndsWith("List", StringComparison.Ordinal) && kind != "List" ? (apiVersion, kind[..^"List".Length]) : ("", "");
        if (items is YamlSequenceNode list)
        {
            foreach (var item in list.Children)
                Add(item, itemVersion, itemKind, depth - 1);
        }
        else if (items is not YamlScalarNode scalar || YamlScalar.ValueOf(scalar) is not null)
        {
            throw new YamlException(items.Start, items.End, "items must be a list");
        }
    }

    private static string? Text(Dictionary<string, (YamlNode Key, YamlNode Value)> members, string name) =>
        members.TryGetValue(name, out var member) && member.Value is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;
}
