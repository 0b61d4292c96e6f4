using System.Text.Json;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>
/// On which lines of a file the parts of a JSON text stand. What was parsed is not kept for it: a file of a few hundred manifests would take some twenty times its size.
/// </summary>
internal sealed class SourceLines(byte[] json, ImmutableArray<SourceLines.Mark> marks)
{
    /// <summary>The line of a field; where the field is absent, that of the nearest enclosing one that is there.</summary>
    /// <param name="field">From the root of the text.</param>
    /// <param name="first">The line of the root.</param>
    public int Of(FieldPath field, int first)
    {
        var line = first;
        var reader = new Utf8JsonReader(json, ObjectReader.Options);
        reader.Read();
        foreach (var step in field.Steps)
        {
            if (!(step.Name is { } name ? EntersMember(ref reader, name, out var start) : EntersItem(ref reader, step.Index, out start)))
                break;
            line = LineAt(start);
        }

        return line;
    }

    private static bool EntersMember(ref Utf8JsonReader reader, string name, out long start)
    {
        start = 0;
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            start = reader.TokenStartIndex;
            var isIt = reader.ValueTextEquals(name);
            reader.Read();
            if (isIt)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static bool EntersItem(ref Utf8JsonReader reader, int index, out long start)
    {
        start = 0;
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            start = reader.TokenStartIndex;
            if (index-- == 0)
                return true;
            reader.Skip();
        }

        return false;
    }

    /// <summary>A mark stands at its member or item, or at the comma before it.</summary>
    private int LineAt(long start)
    {
        var (low, high) = (0, marks.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = marks[middle].Offset <= start ? (middle, high) : (low, middle - 1);
        }

        return marks[low].Line;
    }

    /// <summary>Where a member or an item begins.</summary>
    /// <param name="Offset">In the JSON text, in bytes; ascending.</param>
    /// <param name="Line">In the file, counted from one.</param>
    internal readonly record struct Mark(int Offset, int Line);
}
