using System.Text;
using System.Text.Json;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>
/// JSON in an annotation, read as Go reads it into flat structures: half a character becomes U+FFFD, the last of two equal names counts,
/// and unread objects may be nested to any depth. The only reader for it, because it must not fail on any value.
/// </summary>
internal static class AnnotationJson
{
    /// <summary>
    /// The members of an object, or of each object of a list. Strings, numbers and booleans are returned as strings; any other value
    /// is the empty string. Null if the annotation is absent, is not JSON, or contains anything except objects.
    /// </summary>
    public static ImmutableArray<IReadOnlyDictionary<string, string>>? Read(string? written)
    {
        if (written is null)
            return null;

        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(written), ObjectReader.Options);
            return reader.Read() ? ReadValue(ref reader) is { } objects && !reader.Read() ? objects : null : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ImmutableArray<IReadOnlyDictionary<string, string>>? ReadValue(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
            return [ReadMembers(ref reader)];
        if (reader.TokenType != JsonTokenType.StartArray)
            return null;

        var objects = ImmutableArray.CreateBuilder<IReadOnlyDictionary<string, string>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            objects.Add(ReadMembers(ref reader));
        return reader.TokenType == JsonTokenType.EndArray ? objects.ToImmutable() : null;
    }

    private static Dictionary<string, string> ReadMembers(ref Utf8JsonReader reader)
    {
        var members = new Dictionary<string, string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = Text(ref reader);
            reader.Read();
            members[name] = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.Null ? "" : Text(ref reader);
            reader.Skip();
        }

        return members;
    }

    /// <summary>A number of any size stays as written.</summary>
    private static string Text(ref Utf8JsonReader reader)
    {
        var text = Encoding.UTF8.GetString(reader.ValueSpan);
        return reader.ValueIsEscaped ? Unescape(text) : text;
    }

    /// <summary>
    /// Unescaped by hand, because .NET throws on half a character, and twenty thousand exceptions take long. The reader has already validated the escapes,
    /// so each <c>\u</c> has its four digits.
    /// </summary>
    private static string Unescape(string escaped)
    {
        var text = new StringBuilder(escaped.Length);
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != '\\')
                text.Append(escaped[i]);
            else if (escaped[++i] != 'u')
                text.Append(escaped[i] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', var same => same });
            else
                text.Append((char)Convert.ToInt32(escaped.Substring((i += 4) - 3, 4), 16));
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                text[i] = '\uFFFD';
        }

        return text.ToString();
    }
}
