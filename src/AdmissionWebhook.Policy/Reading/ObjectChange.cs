using System.Text.Json;

namespace AdmissionWebhook.Policy.Reading;

/// <summary>What an update changes.</summary>
public static class ObjectChange
{
    /// <summary>
    /// Whether two copies of an object say different things in <c>spec</c>; the order of members is of no account. What cannot be compared is
    /// taken to differ.
    /// </summary>
    /// <param name="before">The object as it is stored, UTF-8.</param>
    /// <param name="after">The object as it would be.</param>
    public static bool IsInSpec(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        var old = SpecOf(before);
        var now = SpecOf(after);
        return !old.SequenceEqual(now) && !AreEqual(old, now);
    }

    private static ReadOnlySpan<byte> SpecOf(ReadOnlySpan<byte> json)
    {
        var reader = new ObjectReader(json, "");
        ReadOnlySpan<byte> spec = "null"u8;
        if (!reader.Begin())
            return spec;

        while (reader.NextField())
        {
            var (isSpec, start) = (reader.Is("spec"u8), reader.Position);
            reader.Skip();
            if (isSpec)
                spec = reader.Since(start);
        }

        return spec;
    }

    private static bool AreEqual(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        try
        {
            return JsonElement.DeepEquals(Parse(before), Parse(after));
        }
        catch (Exception incomparable) when (incomparable is InvalidOperationException or JsonException)
        {
            // Half a surrogate pair, which no API server sends, or deeper than any spec: to parse that takes time that grows with size and depth.
            return false;
        }
    }

    private static JsonElement Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return JsonElement.ParseValue(ref reader);
    }
}
