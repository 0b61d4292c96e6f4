namespace AdmissionWebhook.Server.Audit;

/// <summary>
/// The rest of a line, in bytes. It counts texts at their largest: a control character takes one byte in a request and six in a line, so a character
/// outside plain ASCII counts as six.
/// </summary>
internal ref struct LineBudget(int bytes)
{
    private const int Escaped = 6;

    public int Left { get; private set; } = bytes;

    /// <summary>Takes so many bytes if they fit.</summary>
    public bool TryTake(int size)
    {
        if (size > Left)
            return false;

        Left -= size;
        return true;
    }

    /// <summary>
    /// A text of at most <paramref name="most"/> bytes, taken whether it fits or not; a longer one ends with an ellipsis.
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
