using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>
/// Builds the documents of a file. A key can stand twice, and an anchor can be set again, as in the parser of kubectl. The documents before an
/// error are
/// kept.
/// </summary>
/// <param name="text">The file.</param>
internal sealed class YamlComposer(string text)
{
    private readonly Parser _parser = new(new StringReader(text));
    private readonly Dictionary<AnchorName, YamlNode> _anchors = [];

    /// <summary>
    /// The code recurses for each level of nesting, and a stack overflow would end the process. <see cref="YamlMembers"/> allows an object less.
    /// </summary>
    private const int MaxDepth = 100;

    /// <summary>The root of each document so far.</summary>
    public List<YamlNode> Documents { get; } = [];

    /// <summary>The keys that stand twice in a map, each with the line where it stands first.</summary>
    public List<(YamlText Key, int FirstLine)> Repeated { get; } = [];

    /// <summary>The line that the parser has reached.</summary>
    public int Line => (int)(_parser.Current?.End.Line ?? 1);

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="YamlException">It is not YAML, nests too deep, or uses an anchor that does not exist.</exception>
    public void Read()
    {
        while (_parser.MoveNext())
        {
            if (_parser.Current is not DocumentStart)
                continue;

            _anchors.Clear();
            _parser.MoveNext();
            Documents.Add(Node(MaxDepth));
        }
    }

    /// <summary>The node that begins at the current event; ends at its last event.</summary>
    private YamlNode Node(int depth)
    {
        var begin = _parser.Current!;
        if (depth == 0)
            throw new YamlException(begin.Start, begin.End, $"nested deeper than {MaxDepth} levels");

        var line = (int)begin.Start.Line;
        switch (begin)
        {
            case MappingStart map:
                return Map(Anchored(map, new YamlMap(line)), depth);
            case SequenceStart list:
                return List(Anchored(list, new YamlList(line)), depth);
            case Scalar scalar:
                return Anchored(scalar, new YamlText(line, scalar.Value, scalar.Style, scalar.Tag));
            case AnchorAlias alias:
                return _anchors.TryGetValue(alias.Value, out var known) ? known
                    : throw new YamlException(alias.Start, alias.End, $"*{alias.Value} refers to an anchor that does not exist");
            default:
                throw new YamlException(begin.Start, begin.End, "a value is missing");
        }
    }

    private YamlMap Map(YamlMap map, int depth)
    {
        Dictionary<string, int>? lines = null;
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            var key = Node(depth - 1);
            _parser.MoveNext();
            map.Members.Add((key, Node(depth - 1)));
            if (key is not YamlText text || text is { IsPlain: true, Value: YamlMembers.Merge })
                continue;

            lines ??= new(StringComparer.Ordinal);
            if (!lines.TryAdd(text.Value, text.Line))
                Repeated.Add((text, lines[text.Value]));
        }

        return map;
    }

    private YamlList List(YamlList list, int depth)
    {
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd)
            list.Items.Add(Node(depth - 1));
        return list;
    }

    private T Anchored<T>(NodeEvent begin, T node) where T : YamlNode
    {
        if (!begin.Anchor.IsEmpty)
            _anchors[begin.Anchor] = node;
        return node;
    }
}
