using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>
/// Rejects YAML that is nested too deep during parsing. The code recurses for each level, and a stack overflow would end the process.
/// <see cref="YamlMembers"/> allows an object less.
/// </summary>
internal sealed class ShallowParser(TextReader text) : IParser
{
    private const int MaxDepth = 100;

    private readonly Parser _parser = new(text);
    private int _depth;

    public ParsingEvent? Current => _parser.Current;

    /// <exception cref="YamlException">It is no YAML, or nests too deep.</exception>
    public bool MoveNext()
    {
        var moved = _parser.MoveNext();
        if (moved && Current is { } parsed && (_depth += parsed.NestingIncrease) > MaxDepth)
            throw new YamlException(parsed.Start, parsed.End, $"nested deeper than {MaxDepth} levels");
        return moved;
    }
}
