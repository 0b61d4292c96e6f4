namespace AdmissionWebhook.Generator;

/// <summary>Lines of a file that are written by this program: those that begin with <c>- {apiGroups: </c>, below a line that ends with the region's mark.</summary>
public static class Region
{
    private const string Item = "- {apiGroups: ";

    /// <summary>The text with the items of each region in the place of those that it has.</summary>
    /// <exception cref="InvalidDataException">It has none of the regions.</exception>
    public static string Fill(string text, IReadOnlyDictionary<string, ImmutableArray<string>> regions)
    {
        var (filled, isInside, found) = (new List<string>(), false, false);
        foreach (var line in text.Split('\n'))
        {
            if (isInside && line.TrimStart().StartsWith(Item, StringComparison.Ordinal))
                continue;

            isInside = false;
            filled.Add(line);
            foreach (var (name, items) in regions)
            {
                if (!line.EndsWith($"# generated: {name}", StringComparison.Ordinal))
                    continue;

                (isInside, found) = (true, true);
                var indent = line.Length - line.TrimStart().Length + (line.Contains("rules:", StringComparison.Ordinal) ? 2 : 0);
                filled.AddRange(items.Select(item => new string(' ', indent) + item));
            }
        }

        return found ? string.Join('\n', filled) : throw new InvalidDataException("There is no region to fill.");
    }
}
