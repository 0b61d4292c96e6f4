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
internal static partial class YamlJson
{
    private const int LargestObject = 8 * 1024 * 1024;

    /// <summary>The node as JSON, UTF-8.</summary>
    /// <exception cref="YamlException">Nested too deep, too large after aliases, or a key that is not a text.</exception>
    public static byte[] Write(YamlNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new() { SkipValidation = true }))
            Write(node, writer, ObjectReader.MaxDepth);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(YamlNode node, Utf8JsonWriter writer, int depth)
    {
        if (depth == 0)
            throw new YamlException(node.Start, node.End, $"nested deeper than {ObjectReader.MaxDepth} levels");
        if (writer.BytesCommitted + writer.BytesPending > LargestObject)
            throw new YamlException(node.Start, node.End, $"larger than {LargestObject / 1024 / 1024} MiB once aliases are followed");

        switch (node)
        {
            case YamlMappingNode map:
                writer.WriteStartObject();
                foreach (var (key, value) in Members(map, depth))
                {
                    writer.WritePropertyName(key);
                    Write(value, writer, depth - 1);
                }

                writer.WriteEndObject();
                break;
            case YamlSequenceNode list:
                writer.WriteStartArray();
                foreach (var item in list.Children)
                    Write(item, writer, depth - 1);
                writer.WriteEndArray();
                break;
            case YamlScalarNode scalar:
                WriteScalar(scalar, writer);
                break;
        }
    }

    private static Dictionary<string, YamlNode> Members(YamlMappingNode map, int depth)
    {
        if (depth == 0)
            throw new YamlException(map.Start, map.End, "merges itself");

        var members = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Children)
        {
            if (key is not YamlScalarNode scalar)
                throw new YamlException(key.Start, key.End, "a key must be a text");
            if (scalar is { Value: "<<", Style: ScalarStyle.Plain })
                Merge(members, value, map, depth);
            else
                members[scalar.Value ?? "null"] = value;
        }

        return members;
    }

    private static void Merge(Dictionary<string, YamlNode> members, YamlNode merged, YamlMappingNode into, int depth)
    {
        foreach (var source in merged is YamlSequenceNode several ? several.Children : [merged])
        {
            if (source is not YamlMappingNode map)
                throw new YamlException(merged.Start, merged.End, "<< must refer to a map or a list of maps");

            foreach (var (key, value) in Members(map, depth - 1))
            {
                if (!into.Children.ContainsKey(key))
                    members.TryAdd(key, value);
            }
        }
    }

    private static void WriteScalar(YamlScalarNode scalar, Utf8JsonWriter writer)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain || scalar.Tag is { IsEmpty: false, IsNonSpecific: false, Value: "tag:yaml.org,2002:str" })
        {
            writer.WriteStringValue(text);
            return;
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                writer.WriteNullValue();
                break;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                writer.WriteBooleanValue(true);
                break;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                writer.WriteBooleanValue(false);
                break;
            default:
                if (Integer(text) is { } integer)
                    writer.WriteRawValue(integer.ToString(CultureInfo.InvariantCulture));
                else if (Decimal().IsMatch(text) && double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                    writer.WriteNumberValue(number);
                else
                    writer.WriteStringValue(text);
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
