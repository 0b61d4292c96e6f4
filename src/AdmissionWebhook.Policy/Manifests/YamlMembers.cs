namespace AdmissionWebhook.Policy.Manifests;

/// <summary>
/// The members of maps after <c>&lt;&lt;</c> is resolved, as the parser of kubectl does it. Serves one file and counts the resolved values, because aliases
/// make small files large.
/// </summary>
/// <param name="written">How many characters the file has.</param>
internal sealed class YamlMembers(int written)
{
    /// <summary>How deep an object may nest.</summary>
    public const int MaxDepth = 64;

    /// <summary>The key that takes in the members of other maps.</summary>
    public const string Merge = "<<";

    /// <summary>How many values aliases may add; a long string counts as several.</summary>
    private const int MostAliased = 500_000;

    private const int LongText = 32;

    private long _left = MostAliased + (2L * written);

    /// <summary>Whether the limit of the file is reached.</summary>
    public bool IsSpent => _left < 0;

    /// <summary>The members of a map by name. A merged member replaces earlier ones, and later ones replace it.</summary>
    /// <exception cref="YamlValueException">Nested too deep, too large, or a key that is not a string.</exception>
    public Dictionary<string, (YamlNode Key, YamlNode Value)> Of(YamlMap map, int depth)
    {
        var members = new Dictionary<string, (YamlNode Key, YamlNode Value)>(map.Members.Count, StringComparer.Ordinal);
        foreach (var (key, value) in map.Members)
        {
            Count(key, depth);
            if (key is not YamlText text)
                throw new YamlValueException(key, "a key must be a string");
            if (text is { Value: Merge, IsPlain: true })
                MergeInto(members, value, depth);
            else
                members[YamlScalar.NameOf(text)] = (key, value);
        }

        return members;
    }

    /// <summary>Counts a resolved value.</summary>
    /// <exception cref="YamlValueException">It is nested too deep, or exceeds the limit.</exception>
    public void Count(YamlNode node, int depth)
    {
        if (depth == 0)
            throw new YamlValueException(node, $"must not be nested deeper than {MaxDepth} levels");

        _left -= 1 + (node is YamlText { Value: var text } ? text.Length / LongText : 0);
        if (IsSpent)
            throw new YamlValueException(node, $"must not have more than {MostAliased} values after aliases are resolved");
    }

    /// <summary>The first of several maps wins.</summary>
    private void MergeInto(Dictionary<string, (YamlNode Key, YamlNode Value)> members, YamlNode merged, int depth)
    {
        foreach (var source in merged is YamlList several ? Enumerable.Reverse(several.Items) : [merged])
        {
            if (source is not YamlMap map)
                throw new YamlValueException(merged, "<< must refer to a map or a list of maps");

            Count(map, depth - 1);
            foreach (var (name, member) in Of(map, depth - 1))
                members[name] = member;
        }
    }
}
