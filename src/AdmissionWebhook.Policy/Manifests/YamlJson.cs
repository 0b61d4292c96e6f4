using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>YAML as kubectl turns it into JSON. What kubectl would send wrong must look wrong here too.</summary>
internal sealed class YamlJson
{
    private readonly Utf8JsonWriter _writer;
    private readonly YamlMembers _members;
    private readonly ImmutableArray<SourceLines.Mark>.Builder _marks = ImmutableArray.CreateBuilder<SourceLines.Mark>();

    private YamlJson(Utf8JsonWriter writer, YamlMembers members) => (_writer, _members) = (writer, members);

    /// <summary>The node as JSON, UTF-8.</summary>
    /// <exception cref="YamlValueException">Nested too deep, too large once aliases are followed, or nothing that JSON has.</exception>
    public static byte[] Write(YamlNode node, YamlMembers members, out ImmutableArray<SourceLines.Mark> marks)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new() { SkipValidation = true });
        var yaml = new YamlJson(writer, members);
        yaml.Write(node, YamlMembers.MaxDepth);
        writer.Flush();
        marks = yaml._marks.ToImmutable();
        return buffer.WrittenSpan.ToArray();
    }

    private void Write(YamlNode node, int depth)
    {
        _members.Count(node, depth);
        switch (node)
        {
            case YamlMap map:
                _writer.WriteStartObject();
                foreach (var (name, (key, value)) in _members.Of(map, depth))
                {
                    NoteLine(key);
                    _writer.WritePropertyName(name);
                    Write(value, depth - 1);
                }

                _writer.WriteEndObject();
                break;
            case YamlList list:
                _writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    NoteLine(item);
                    Write(item, depth - 1);
                }

                _writer.WriteEndArray();
                break;
            case YamlText scalar:
                Write(YamlScalar.ValueOf(scalar));
                break;
        }
    }

    private void Write(object? value)
    {
        switch (value)
        {
            case string text:
                _writer.WriteStringValue(text);
                break;
            case bool truth:
                _writer.WriteBooleanValue(truth);
                break;
            case long whole:
                _writer.WriteNumberValue(whole);
                break;
            case BigInteger large:
                _writer.WriteRawValue(large.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                _writer.WriteNumberValue(number);
                break;
            default:
                _writer.WriteNullValue();
                break;
        }
    }

    private void NoteLine(YamlNode node) => _marks.Add(new((int)(_writer.BytesCommitted + _writer.BytesPending), node.Line));
}
