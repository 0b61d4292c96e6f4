using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AdmissionWebhook.Policy.Resources;

/// <summary>
/// YAML as kubectl turns it into JSON (YAML 1.1): unquoted yes, no, on and off are truth values, 010 is eight, <c>&lt;&lt;</c> merges.
/// What kubectl would send wrong must look wrong here too.
/// </summary>
internal sealed partial class YamlJson
{
    private const int MostNodes = 500_000;
    private const int MaxDepth = 64;

    private readonly Utf8JsonWriter _writer;
    private readonly ImmutableArray<SourceLines.Mark>.Builder _marks = ImmutableArray.CreateBuilder<SourceLines.Mark>();
    private int _nodes;

    private YamlJson(Utf8JsonWriter writer) => _writer = writer;

    /// <summary>The node as JSON, UTF-8.</summary>
    /// <exception cref="YamlException">Nested too deep, too large once aliases are followed, or a key that is not a text.</exception>
    public static byte[] Write(YamlNode node, out ImmutableArray<SourceLines.Mark> marks)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new() { SkipValidation = true });
        var yaml = new YamlJson(writer);
        yaml.Write(node, MaxDepth);
        writer.Flush();
        marks = yaml._marks.ToImmutable();
        return buffer.WrittenSpan.ToArray();
    }

    private void Write(YamlNode node, int depth)
    {
        Count(node, depth);
        switch (node)
        {
            case YamlMappingNode map:
                _writer.WriteStartObject();
                foreach (var (name, (key, value)) in Members(map, depth))
                {
                    NoteLine(key);
                    _writer.WritePropertyName(name);
                    Write(value, depth - 1);
                }

                _writer.WriteEndObject();
                break;
            case YamlSequenceNode list:
                _writer.WriteStartArray();
                foreach (var item in list.Children)
                {
                    NoteLine(item);
                    Write(item, depth - 1);
                }

                _writer.WriteEndArray();
                break;
            case YamlScalarNode scalar:
                WriteScalar(scalar);
                break;
        }
    }

    private void NoteLine(YamlNode node) => _marks.Add(new((int)(_writer.BytesCommitted + _writer.BytesPending), (int)node.Start.Line));

    /// <summary>Aliases make small files large: what they stand for counts each time.</summary>
    private void Count(YamlNode node, int depth)
    {
        if (depth == 0)
            throw new YamlException(node.Start, node.End, $"nested deeper than {MaxDepth} levels");
        if (++_nodes > MostNodes)
            throw new YamlException(node.Start, node.End, $"more than {MostNodes} values once aliases are followed");
    }

    private Dictionary<string, (YamlNode Key, YamlNode Value)> Members(YamlMappingNode map, int depth)
    {
        var members = new Dictionary<string, (YamlNode Key, YamlNode Value)>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Children)
        {
            if (key is not YamlScalarNode scalar)
                throw new YamlException(key.Start, key.End, "a key must be a text");
            if (scalar is { Value: "<<", Style: ScalarStyle.Plain })
                Merge(members, value, map, depth);
            else
                members[scalar.Value ?? "null"] = (key, value);
        }

        return members;
    }

    private void Merge(Dictionary<string, (YamlNode Key, YamlNode Value)> members, YamlNode merged, YamlMappingNode into, int depth)
    {
        foreach (var source in merged is YamlSequenceNode several ? several.Children : [merged])
        {
            if (source is not YamlMappingNode map)
                throw new YamlException(merged.Start, merged.End, "<< must refer to a map or a list of maps");

            Count(map, depth - 1);
            foreach (var (name, member) in Members(map, depth - 1))
            {
                if (!into.Children.ContainsKey(name))
                    members.TryAdd(name, member);
            }
        }
    }

    private void WriteScalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain || scalar.Tag is { IsEmpty: false, IsNonSpecific: false, Value: "tag:yaml.org,2002:str" })
        {
            _writer.WriteStringValue(text);
            return;
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                _writer.WriteNullValue();
                break;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                _writer.WriteBooleanValue(true);
                break;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                _writer.WriteBooleanValue(false);
                break;
            // Nothing else begins a number, and most texts need not be looked at any further.
            case [not ('-' or '+' or '.' or (>= '0' and <= '9')), ..]:
                _writer.WriteStringValue(text);
                break;
            default:
                if (Integer(text) is { } integer)
                    _writer.WriteRawValue(integer.ToString(CultureInfo.InvariantCulture));
                else if (Decimal().IsMatch(text) && double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                    _writer.WriteNumberValue(number);
                else
                    _writer.WriteStringValue(text);
                break;
        }
    }

    private static BigInteger? Integer(string text)
    {
        var match = WholeNumber().Match(text);
        if (!match.Success)
            return null;

        var radix = match.Groups["hex"].Success ? 16 : match.Groups["octal"].Success ? 8 : match.Groups["binary"].Success ? 2 : 10;
        var value = match.Groups["hex"].Value + match.Groups["octal"].Value + match.Groups["binary"].Value + match.Groups["decimal"].Value;
        var number = value.Where(char.IsAsciiHexDigit).Aggregate(BigInteger.Zero, (sum, digit) => (sum * radix) + Convert.ToInt32(digit.ToString(), 16));
        return text[0] == '-' ? -number : number;
    }

    [GeneratedRegex(@"^[-+]?(0x(?<hex>[0-9a-fA-F_]{1,32})|0b(?<binary>[01_]{1,64})|0o?(?<octal>[0-7_]{1,32})|(?<decimal>0|[1-9][0-9_]{0,40}))\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Decimal();
}
