namespace AdmissionWebhook.Policy.Values;

/// <summary>Names with <c>*</c> for any characters, as policies select namespaces and users: <c>team-*</c>. Nothing else is special.</summary>
public static class NamePattern
{
    /// <summary>Whether all of <paramref name="name"/> fits <paramref name="pattern"/>, upper and lower case apart. An empty name fits none.</summary>
    public static bool Matches(string pattern, string name)
    {
        var (next, star, taken) = (0, -1, 0);
        for (var i = 0; i < name.Length;)
        {
            if (next < pattern.Length && pattern[next] == '*')
                (star, taken, next) = (next, i, next + 1);
            else if (next < pattern.Length && pattern[next] == name[i])
                (next, i) = (next + 1, i + 1);
            else if (star >= 0)
                (next, i) = (star + 1, ++taken);
            else
                return false;
        }

        return name.Length > 0 && pattern.AsSpan(next).IndexOfAnyExcept('*') < 0;
    }

    /// <summary>Whether <paramref name="name"/> fits one of <paramref name="patterns"/>.</summary>
    public static bool MatchesAny(ImmutableArray<string> patterns, string name)
    {
        foreach (var pattern in patterns)
        {
            if (Matches(pattern, name))
                return true;
        }

        return false;
    }
}
