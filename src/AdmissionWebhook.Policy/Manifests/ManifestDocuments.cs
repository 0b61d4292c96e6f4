namespace AdmissionWebhook.Policy.Manifests;

/// <summary>Finds the objects in the documents of a file. As in kubectl, an object of any kind with <c>items</c> is a list.</summary>
/// <param name="file">The name of the file in errors.</param>
/// <param name="written">How many characters it has.</param>
/// <param name="errors">Everything that could not be read.</param>
internal sealed class ManifestDocuments(string file, int written, ICollection<SourceError> errors)
{
    private readonly YamlMembers _members = new(written);
    private readonly ImmutableArray<Manifest>.Builder _manifests = ImmutableArray.CreateBuilder<Manifest>();
    private readonly List<SourceError> _invalid = [];
    private readonly List<SourceError> _foreign = [];

    /// <summary>The objects of some documents.</summary>
    /// <param name="documents">The roots.</param>
    /// <param name="isWhole">Whether these are all documents of the file.</param>
    public ImmutableArray<Manifest> Read(IEnumerable<YamlNode> documents, bool isWhole)
    {
        foreach (var document in documents)
            Add(document, "", "", YamlMembers.MaxDepth);

        // kubectl refuses a file of objects that has something else too. A file without any is not meant for it.
        var isForeign = isWhole && _manifests.Count == 0 && _invalid.Count == 0;
        foreach (var error in isForeign ? _foreign.Take(1) : _foreign)
            _invalid.Add(isForeign ? error with { Sort = SourceErrorSort.NoObjects, Message = "has no Kubernetes object; it is not checked" } : error);
        foreach (var error in _invalid.OrderBy(error => error.Line))
            errors.Add(error);
        return _manifests.ToImmutable();
    }

    /// <summary>Adds an object, or the items of a list.</summary>
    /// <param name="root">The node.</param>
    /// <param name="apiVersion">The one of the enclosing list; empty if the object must name its own.</param>
    /// <param name="kind">The kind of items of the enclosing list; empty if the object must name its own.</param>
    /// <param name="depth">How many more lists may be nested.</param>
    private void Add(YamlNode root, string apiVersion, string kind, int depth)
    {
        if (_members.IsSpent || root is YamlText { IsPlain: true, Value: "" or "~" or "null" })
            return;

        try
        {
            if (root is YamlMap map)
                Add(map, apiVersion, kind, depth);
            else
                AddForeign(root, "it must be a map with apiVersion and kind", depth);
        }
        catch (YamlValueException mistake)
        {
            _invalid.Add(new(file, mistake.Line, mistake.Message));
        }
    }

    private void Add(YamlMap map, string apiVersion, string kind, int depth)
    {
        var members = _members.Of(map, depth);
        kind = Text(members, "kind") ?? kind;
        apiVersion = Text(members, "apiVersion") ?? apiVersion;
        if (NearMiss.FindMissing(apiVersion, kind, members, _members, depth) is { } missing)
            throw new YamlValueException(map, missing);
        if (kind.Length == 0 || apiVersion.Length == 0)
            AddForeign(map, (kind.Length == 0 ? "kind" : "apiVersion") + " is required", depth);
        else if (members.TryGetValue("items", out var items))
            AddItems(items.Value, apiVersion, kind, depth);
        else
            _manifests.Add(new(file, map, apiVersion, kind, _members));
    }

    private void AddForeign(YamlNode node, string reason, int depth) =>
        (depth == YamlMembers.MaxDepth ? _foreign : _invalid).Add(new(file, node.Line, $"is not a Kubernetes object; {reason}"));

    private void AddItems(YamlNode items, string apiVersion, string kind, int depth)
    {
        var (itemVersion, itemKind) = kind.EndsWith("List", StringComparison.Ordinal) && kind != "List" ? (apiVersion, kind[..^"List".Length]) : ("", "");
        if (items is YamlList list)
        {
            foreach (var item in list.Items)
                Add(item, itemVersion, itemKind, depth - 1);
        }
        else if (items is not YamlText text || YamlScalar.ValueOf(text) is not null)
        {
            throw new YamlValueException(items, "items must be a list");
        }
    }

    private static string? Text(Dictionary<string, (YamlNode Key, YamlNode Value)> members, string name) =>
        members.TryGetValue(name, out var member) && member.Value is YamlText { Value: { Length: > 0 } text } ? text : null;
}
