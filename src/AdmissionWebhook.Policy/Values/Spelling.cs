namespace AdmissionWebhook.Policy.Values;

/// <summary>Finds the intended name behind a typing error.</summary>
public static class Spelling
{
    /// <summary>The known name with the fewest changed letters; null if too many would have to change.</summary>
    /// <param name="written">The name as written.</param>
    /// <param name="known">The names that exist.</param>
    /// <param name="mostChanges">How many letters may change; a third of the name by default.</param>
    public static string? Nearest(string written, IEnumerable<string> known, int? mostChanges = null)
    {
        if (written.Length > 100)
            return null;

        // The distance is at least the difference in length, so most names are skipped.
        var most = mostChanges ?? Math.Max(2, written.Length / 3);
        var (nearest, distance) = known.Where(name => Math.Abs(name.Length - written.Length) <= most)
            .Select(name => (name, Distance(written, name)))
            .DefaultIfEmpty(("", int.MaxValue))
            .MinBy(candidate => candidate.Item2);
        return distance <= most && distance < nearest.Length ? nearest : null;
    }

    /// <summary>
    /// Whether a name is certainly another one with a typing error: only case or punctuation differ, or one letter of five, or two of ten. A different
    /// number is no error, because <c>http2-ports</c> exists beside <c>http-ports</c>.
    /// </summary>
    public static bool IsTypo(string written, string known)
    {
        if (written.Length > 100 || Math.Abs(written.Length - known.Length) > 4)
            return false;
        if (HaveSameLetters(written, known))
            return true;

        var most = known.Length switch { < 5 => 0, < 10 => 1, _ => 2 };
        return Math.Abs(written.Length - known.Length) <= most && DigitsOf(written) == DigitsOf(known) && Distance(written, known) <= most;
    }

    /// <summary>Whether only case or punctuation differ.</summary>
    public static bool HaveSameLetters(string written, string known) =>
        LettersOf(written).Equals(LettersOf(known), StringComparison.OrdinalIgnoreCase);

    private static string LettersOf(string text) => string.Concat(text.Where(char.IsLetterOrDigit));

    private static string DigitsOf(string text) => string.Concat(text.Where(char.IsDigit));

    /// <summary>Letters to insert, delete, replace, or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string written, string name)
    {
        var (a, b) = (written.ToLowerInvariant(), name.ToLowerInvariant());
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            rows[0, j] = j;

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[a.Length, b.Length];
    }
}
