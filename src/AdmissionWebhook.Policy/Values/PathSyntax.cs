using System.Buffers;
using System.Text.RegularExpressions;

namespace AdmissionWebhook.Policy.Values;

/// <summary>
/// The syntax of hosts, paths and secret names, and what in them could change the configuration of a controller. The API server checks
/// little of it: it accepts a path with a line break and a directive.
/// </summary>
internal static partial class PathSyntax
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~:@+,=&!/");

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    private static readonly SearchValues<string> Telling = SearchValues.Create(["//", "_by_lua", "/etc/", "/var/run/secrets"], StringComparison.Ordinal);

    private static readonly ImmutableArray<string> Files =
        ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/nginx", "/etc/ingress-controller", "/var/run/secrets"];

    /// <summary>Whether a path is plain: only common characters and no empty elements, like most paths.</summary>
    /// <param name="path">As written.</param>
    /// <param name="forbidden">Prefixes that are not allowed, by whole elements.</param>
    public static bool IsPlain(string path, ImmutableArray<string> forbidden) =>
        path.StartsWith('/') && path.AsSpan().IndexOfAnyExcept(Plain) < 0 && !path.AsSpan().ContainsAny(Telling) && Beginning(path, forbidden) is null;

    /// <summary>Why a string is not a DNS name; null if it is one.</summary>
    public static string? NameFault(string name) =>
        name.AsSpan().IndexOfAnyExcept(NameCharacters) is >= 0 and var at ? InjectionFault(name) ?? $"must not contain {Show(name, at)}" : null;

    /// <summary>What in a string could break out of its place in the configuration of a controller; null if nothing could.</summary>
    public static string? InjectionFault(string text)
    {
        if (Directive().Match(text) is { Success: true } directive)
            return $"must not contain the nginx directive {directive.Groups["name"].Value}";

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || char.IsWhiteSpace(text[i]) || text[i] is ';' or '"' or '`' or '<' or '>' or '\u2028' or '\u2029')
                return $"must not contain {Show(text, i)}";
        }

        return null;
    }

    /// <summary>A pattern without the angle brackets of group names and lookbehinds, which no plain path has.</summary>
    public static string WithoutGroupNames(string pattern) => GroupName().Replace(pattern, "(");

    /// <summary>The file that a path points to; null if there is none.</summary>
    /// <param name="path">As written.</param>
    /// <param name="forbidden">Prefixes, by whole elements.</param>
    public static string? ForbiddenPlace(string path, ImmutableArray<string> forbidden)
    {
        var decoded = path.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(path) : path;
        if (Beginning(decoded, forbidden) is { } place)
            return place;

        foreach (var file in Files)
        {
            if (decoded.Contains(file, StringComparison.Ordinal))
                return file;
        }

        return null;
    }

    /// <summary>What in a path no normalised request contains; null if nothing.</summary>
    public static string? DetourFault(string path) => Detour().Match(path) is { Success: true } detour
        ? $"must not contain \"{detour.Value}\", which controllers resolve or reject before they compare"
        : null;

    /// <summary>Whether a path can only be a pattern. Characters that URLs also have, such as <c>+</c>, <c>(</c> and <c>.</c>, do not make it one alone.</summary>
    public static bool IsPattern(string path) => Pattern().IsMatch(path);

    private static string? Beginning(string path, ImmutableArray<string> forbidden)
    {
        foreach (var place in forbidden)
        {
            if (path.StartsWith(place, StringComparison.Ordinal) && (path.Length == place.Length || path[place.Length] == '/' || place.EndsWith('/')))
                return place;
        }

        return null;
    }

    private static string Show(string text, int at) => text[at] switch
    {
        '\n' or '\r' or '\u2028' or '\u2029' => "a line break",
        ' ' => "a space",
        '\t' => "a tab",
        var control when char.IsControl(control) => $"the control character \\u{(int)control:x4}",
        var other => char.IsSurrogatePair(text, at) ? $"\"{text.Substring(at, 2)}\"" : char.IsSurrogate(other) ? "half a character" : $"\"{other}\"",
    };

    [GeneratedRegex(@"\(\?P?<[A-Za-z_][A-Za-z0-9_]*>|\(\?<[=!]|\(\?P?>|\\[kg]<[A-Za-z0-9_]+>", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex GroupName();

    /// <summary>With <c>(?s)</c>, because a comment and a line break between directive and value would hide it from a search by line.</summary>
    [GeneratedRegex(@"(?s)(^|[\s/;{}])(?<name>alias|root)[\s""'#].*;|(?<name>[a-z]+_by_lua[a-z_]*)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Directive();

    [GeneratedRegex("//|/([.]|%2[eE]){1,2}(/|$)|%(2[fF]|5[cC]|0[0aAdD])", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Detour();

    [GeneratedRegex(@"[][{}^|\\*]|[.][+?]|[)][+?{]|[$]$|[(][?]", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
