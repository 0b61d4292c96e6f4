using System.Text;
using System.Text.Json;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>
/// JSON that an annotation holds, read as Go reads it into flat structures: half a character becomes U+FFFD, of a name written twice the last counts,
/// and objects may be nested deeper than anybody looks. The one reader for it, since it must not fail whatever the annotation's author wrote.
/// </summary>
internal static class AnnotationJson
{
    /// <summary>
    /// The members of an object, or of each object of a list, whose values are texts, numbers or flags, all as text; a member that holds something else
    /// has the empty text. Null where the annotation is absent, is not JSON, or holds anything but objects.
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

    /// <summary>A number of any size stays the text that it is.</summary>
    private static string Text(ref Utf8JsonReader reader)
    {
        var text = Encoding.UTF8.GetString(reader.ValueSpan);
        return reader.ValueIsEscaped ? Unescape(text) : text;
    }

    /// <summary>
    /// By hand, since .NET throws at half a character, and twenty thousand of them take long. The reader has looked at the escapes already, so each
    /// <c>\u</c> has its four digits.
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
