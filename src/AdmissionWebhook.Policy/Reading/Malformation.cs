using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Reading;

/// <summary>A field whose value has another type than the API defines. It was read as absent.</summary>
/// <param name="Field">Its place.</param>
/// <param name="Expected">The type that the API defines, as a phrase after "must be": "a whole number".</param>
/// <param name="Found">The value found, shortened for print.</param>
public sealed record Malformation(FieldPath Field, string Expected, string Found)
{
    /// <summary>The field whose value begins at byte <paramref name="offset"/> of <paramref name="json"/>.</summary>
    internal static FieldPath PathAt(ReadOnlySpan<byte> json, long offset)
    {
        var reader = new Utf8JsonReader(json, ObjectReader.Options);
        var path = FieldPath.Root;
        var lists = new Stack<int>();

        while (reader.Read() && reader.TokenStartIndex <= offset)
        {
            var startsValue = reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.EndObject or JsonTokenType.EndArray);
            if (startsValue && lists.TryPeek(out var index) && index >= 0)
            {
                lists.Push(lists.Pop() + 1);
                path = path / index;
            }

            if (startsValue && reader.TokenStartIndex == offset)
                return path;

            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    path /= ObjectReader.Unescape(ref reader) ?? "?";
                    break;
                case JsonTokenType.StartObject:
                    lists.Push(-1);
                    break;
                case JsonTokenType.StartArray:
                    lists.Push(0);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    lists.Pop();
                    path = path.Parent ?? path;
                    break;
                default:
                    path = path.Parent ?? path;
                    break;
            }
        }

        return path;
    }
}
