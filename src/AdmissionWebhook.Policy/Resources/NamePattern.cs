namespace AdmissionWebhook.Policy.Resources;

/// <summary>Names with <c>*</c> for any characters, as policies select namespaces: <c>team-*</c>.</summary>
public static class NamePattern
{
    /// <summary>Whether <paramref name="name"/> fits <paramref name="pattern"/>, upper and lower case apart.</summary>
    public static bool Matches(string pattern, string name) =>
        System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), name, ignoreCase: false);

    /// <summary>Whether <paramref name="name"/> fits one of <paramref name="patterns"/>.</summary>
    public static bool MatchesAny(IEnumerable<string> patterns, string name) => patterns.Any(pattern => Matches(pattern, name));
}
