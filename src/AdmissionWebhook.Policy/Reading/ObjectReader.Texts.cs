using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Reading;

public ref partial struct ObjectReader
{
    /// <summary>A string or null; the start of a string longer than <see cref="Bound.TextBytes"/>.</summary>
    public string? Text()
    {
        var (length, text) = (_reader.ValueSpan.Length, Value());
        return text is null || length <= Bound.TextBytes.Most || _extent.Measure(Bound.TextBytes, length) ? text : Beginning(text);
    }

    /// <summary>Whether a string has more than <paramref name="most"/> bytes.</summary>
    public readonly bool IsLongerThan(int most) => _reader.TokenType == JsonTokenType.String && _reader.ValueSpan.Length > most;

    /// <summary>At most <paramref name="most"/> bytes of a string, with an ellipsis if it is longer; or null.</summary>
    public string? Text(int most)
    {
        if (!IsLongerThan(most))
            return Text();

        // Escapes of such a long string stay as written: nothing that long is a name.
        var kept = _reader.ValueSpan[..most];
        while ((_reader.ValueSpan[kept.Length] & 0xC0) == 0x80)
            kept = kept[..^1];
        return Encoding.UTF8.GetString(kept) + "…";
    }

    /// <summary>
    /// A list of strings. Keeps at most <paramref name="most"/> strings and at most <paramref name="mostBytes"/> bytes in total; skips
    /// the rest.
    /// </summary>
    public ImmutableArray<string> TextList(int most, int mostBytes)
    {
        if (!BeginList())
            return [];

        using var texts = new BorrowedList<string>();
        var (count, bytes) = (0, 0);
        while (NextItem())
        {
            var length = _reader.TokenType == JsonTokenType.String ? _reader.ValueSpan.Length : 0;
            if (count == most || bytes + length > mostBytes)
            {
                _reader.Skip();
                continue;
            }

            texts.Add(Text() ?? "");
            (count, bytes) = (count + 1, bytes + length);
        }

        return texts.ToImmutable();
    }

    /// <summary>Skips a string that must not be kept. Returns whether it is not empty.</summary>
    public bool SkipText()
    {
        var isText = _reader.TokenType == JsonTokenType.String && (_reader.ValueIsEscaped || _reader.ValueSpan.Length > 0);
        _reader.Skip();
        return isText;
    }

    /// <summary>The bytes of a Base64 string, or null. An invalid value is not reported, because it may be a secret.</summary>
    public byte[]? Base64()
    {
        if (_reader.TokenType == JsonTokenType.String)
            return _reader.TryGetBytesFromBase64(out var bytes) ? bytes : [];

        _reader.Skip();
        return null;
    }

    /// <summary>The value of a string token; null if it contains half a surrogate pair, which UTF-8 cannot encode.</summary>
    internal static string? Unescape(ref Utf8JsonReader reader) =>
        !reader.ValueIsEscaped ? TextPool.Get(reader.ValueSpan) : HasHalfPair(reader.ValueSpan) ? null : reader.GetString();

    /// <summary>Checked in advance, because an exception for each of ten thousand strings would cost more than everything else.</summary>
    private static bool HasHalfPair(ReadOnlySpan<byte> escaped)
    {
        var isAwaitingLow = false;
        for (var rest = escaped; rest.IndexOf((byte)'\\') is >= 0 and var at;)
        {
            var isUnit = rest[at + 1] == (byte)'u';
            if (isAwaitingLow && (at > 0 || !isUnit))
                return true;

            rest = rest[(at + 2)..];
            if (!isUnit)
                continue;

            _ = Utf8Parser.TryParse(rest[..4], out ushort unit, out _, 'x');
            if (char.IsLowSurrogate((char)unit) != isAwaitingLow)
                return true;
            isAwaitingLow = char.IsHighSurrogate((char)unit);
            rest = rest[4..];
        }

        return isAwaitingLow;
    }

    /// <summary>A string with the maximum length of a map value.</summary>
    private string? Value()
    {
        if (_reader.TokenType == JsonTokenType.String && Unescape(ref _reader) is { } text)
            return text;

        Absent("a string");
        return null;
    }

    /// <summary>Without half a surrogate pair at the end, which UTF-8 cannot encode.</summary>
    private static string Beginning(string text)
    {
        var length = Math.Min(text.Length, Bound.TextBytes.Most);
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }
}
