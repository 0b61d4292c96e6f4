using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>JSON as YAML in block style that <see cref="YamlJson"/>, and so kubectl, reads as the same JSON. Members keep their order.</summary>
public static class JsonYaml
{
    /// <summary>The node as one document, without marks before or after.</summary>
    public static string Write(JsonNode json)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, EmitterSettings.Default.WithBestWidth(int.MaxValue).WithIndentedSequences().WithNewLine("\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Write(json, emitter);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Write(JsonNode? json, Emitter emitter)
    {
        switch (json)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block));
                foreach (var (name, value) in map)
                {
                    emitter.Emit(Text(name));
                    Write(value, emitter);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block));
                foreach (var item in list)
                    Write(item, emitter);
                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                emitter.Emit(Text(value.GetValue<string>()));
                break;
            default:
                emitter.Emit(Scalar(json?.ToJsonString() ?? "null", ScalarStyle.Plain));
                break;
        }
    }

    /// <summary>Quotes are for what would be something else without them: Off, true, 010, &lt;&lt;.</summary>
    private static Scalar Text(string text) =>
        Scalar(text, YamlScalar.IsText(text) && text != "<<" ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted);

    private static Scalar Scalar(string text, ScalarStyle style) =>
        new(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true);
}
