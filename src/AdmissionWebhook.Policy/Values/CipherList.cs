using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;

namespace AdmissionWebhook.Policy.Values;

/// <summary>
/// OpenSSL's cipher lists for TLS 1.2 and older. OpenSSL ignores names that it does not know, and fails if no cipher is left. <c>CipherNames.json</c>
/// has every name that some build of OpenSSL 1.1.1 to 3.5 knows.
/// </summary>
internal static class CipherList
{
    private static readonly SearchValues<char> InNames = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=");

    private static readonly Lazy<FrozenSet<string>> Names = new(Read);

    /// <summary>Whether it selects a cipher, as far as its names tell.</summary>
    public static bool Selects(string list)
    {
        var selects = false;
        foreach (var element in list.Split(':', ',', ' ', ';'))
        {
            var rules = element.AsSpan();
            if (rules.IndexOf('@') is >= 0 and var command)
                rules = rules[..command];
            if (rules is "!" or "-" or "+" || rules.EndsWith("+"))
                return false;
            selects |= AddsCipher(rules);
        }

        return selects;
    }

    /// <summary>Whether the first rule adds ciphers; rules that begin with an operator only remove or move them.</summary>
    private static bool AddsCipher(ReadOnlySpan<char> rules)
    {
        if (rules.IsEmpty || rules[0] is '!' or '-' or '+')
            return false;

        var end = rules.IndexOf('!');
        foreach (var range in (end < 0 ? rules : rules[..end]).Split('+'))
        {
            var name = rules[range];
            if (name.ContainsAnyExcept(InNames) || !Names.Value.Contains(name.ToString()))
                return false;
        }

        return true;
    }

    private static FrozenSet<string> Read()
    {
        using var resource = typeof(CipherList).Assembly.GetManifestResourceStream("CipherNames.json")!;
        using var json = JsonDocument.Parse(resource);
        return json.RootElement.EnumerateArray().Select(name => name.GetString()!).ToFrozenSet(StringComparer.Ordinal);
    }
}
