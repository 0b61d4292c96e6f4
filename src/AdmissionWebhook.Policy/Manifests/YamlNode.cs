using YamlDotNet.Core;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>A value in a YAML file.</summary>
/// <param name="line">The line on which it begins, counted from one.</param>
internal abstract class YamlNode(int line)
{
    public int Line => line;
}

/// <summary>A map, with every key as often as it is written. A list of pairs, because keys can be of any type.</summary>
internal sealed class YamlMap(int line) : YamlNode(line)
{
    public List<(YamlNode Key, YamlNode Value)> Members { get; } = [];
}

/// <summary>A list.</summary>
internal sealed class YamlList(int line) : YamlNode(line)
{
    public List<YamlNode> Items { get; } = [];
}

/// <summary>A value without parts. <see cref="YamlScalar"/> knows its type.</summary>
internal sealed class YamlText(int line, string value, ScalarStyle style, TagName tag) : YamlNode(line)
{
    public string Value => value;

    /// <summary>Whether it has no quotes and is not a block.</summary>
    public bool IsPlain => style == ScalarStyle.Plain;

    public TagName Tag => tag;
}

/// <summary>A value that is valid YAML, and nothing that kubectl accepts.</summary>
/// <param name="node">The value.</param>
/// <param name="message">What is wrong.</param>
internal sealed class YamlValueException(YamlNode node, string message) : Exception(message)
{
    public int Line => node.Line;
}
