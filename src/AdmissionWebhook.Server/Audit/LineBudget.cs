namespace AdmissionWebhook.Server.Audit;

/// <summary>
/// How much of a line is left, in bytes. Texts are counted as they are written at worst: a control character takes one byte in a request and six in a
/// line, so what is not plain ASCII counts
/// as six.
/// </summary>
internal ref struct LineBudget(int bytes)
{
    private const int Escaped = 6;

    public int Left { get; private set; } = bytes;

    /// <summary>Whether something of so many bytes fits; then it is taken.</summary>
    public bool TryTake(int size)
    {
        if (size > Left)
            return false;

        Left -= size;
        return true;
    }

    /// <summary>
    /// A text of no more than <paramref name="most"/> bytes, taken whether it fits or not; its end is an ellipsis where it was longer.
    /// </summary>
    public string? Take(string? text, int most)
    {
        var (size, end) = (0, 0);
        for (; text is not null && end < text.Length; end++)
        {
            var next = size + SizeOf(text[end]);
            if (next > most)
                break;
            size = next;
        }

        Left -= size;
        if (text is null || end == text.Length)
            return text;

        Left -= Escaped;
        return text[..(end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + "…";
    }

    private static int SizeOf(char letter) => letter is >= ' ' and <= '~' and not ('"' or '\\') ? 1 : Escaped;
}
