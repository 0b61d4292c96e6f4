using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>
/// The values that an annotation takes, as the controller itself reads them. Regular expressions are made when they are first needed, and
/// do not backtrack: a value can have any length.
/// </summary>
public sealed partial class AnnotationValue
{
    private readonly Func<string, bool> _accepts;

    private AnnotationValue(string description, Func<string, bool> accepts) => (Description, _accepts) = (description, accepts);

    /// <summary>Anything.</summary>
    public static AnnotationValue Any { get; } = new("any string", _ => true);

    /// <summary>The values that need no file to describe them, by the names they have in catalogues.</summary>
    public static FrozenDictionary<string, AnnotationValue> Named { get; } = new Dictionary<string, AnnotationValue>
    {
        ["text"] = Any,
        ["flag"] = new("true or false", IsFlag),
        ["number"] = new("a whole number", IsNumber),
        ["networks"] = new("IP addresses and CIDR ranges, separated by commas", value => value.Split(',').All(part => IsNetwork(part.Trim()))),
        ["pcre"] = new("a regular expression that nginx compiles", value => PcrePattern.Read(value).Fault is null),
        ["aliases"] = new("hosts, *.host, or ~ and a regular expression that nginx compiles", value => value.Split(',').All(part => IsServerName(part.Trim()))),
        ["redirect-from"] = new("a URL without spaces, default, or off", value => !value.Trim().Contains(' ', StringComparison.Ordinal) && IsPlainOrPattern(value.Trim())),
        ["cookie-path"] = new("off, or two paths separated by a space, such as /old /new", IsCookiePath),
        ["ciphers"] = new("ciphers that OpenSSL has, such as HIGH:!aNULL", value => CipherList.Selects(value.Trim())),
        ["service-name"] = new("the name of a Service in the same namespace", value => ServiceName().IsMatch(value)),
        ["common-name"] = new(
            "CN= and a regular expression without semicolons, with braces only as quantifiers",
            value => value.StartsWith("CN=", StringComparison.Ordinal) && !LeavesCondition(value) && IsRegularExpression(value[3..])),
    }.ToFrozenDictionary();

    /// <summary>What is accepted, as a phrase after <em>use</em>.</summary>
    public string Description { get; }

    /// <summary>Whether a controller takes the value as it is.</summary>
    public bool Accepts(string value) => _accepts(value);

    /// <summary>Reads a description of values: either <c>oneOf</c> or a <c>pattern</c>, each with what the controller forgives.</summary>
    internal static AnnotationValue Read(JsonElement json) =>
        json.TryGetProperty("oneOf", out var choices) ? OneOf([.. choices.EnumerateArray().Select(choice => choice.GetString()!)], json.TryGetProperty("anyCase", out _))
        : json.TryGetProperty("pattern", out _) ? Pattern(json)
        : Range(json);

    private static AnnotationValue Range(JsonElement json)
    {
        var from = json.TryGetProperty("from", out var least) ? least.GetInt64() : long.MinValue;
        var to = json.TryGetProperty("to", out var most) ? most.GetInt64() : long.MaxValue;
        return new(
            json.GetProperty("described").GetString()!,
            value => IsNumber(value) && long.Parse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) is var number && number >= from && number <= to);
    }

    private static AnnotationValue OneOf(string[] choices, bool anyCase)
    {
        var comparison = anyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return new(string.Join(" or ", choices), value => Array.Exists(choices, choice => value.AsSpan().Trim().Equals(choice, comparison)));
    }

    private static AnnotationValue Pattern(JsonElement json)
    {
        var written = json.GetProperty("pattern").GetString()!;
        var pattern = new Lazy<Regex>(() => new(written, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        var spaces = json.TryGetProperty("spaces", out var forgiven) ? forgiven.GetString() : "Kept";
        return new(json.GetProperty("described").GetString()!, json.TryGetProperty("list", out _) ? value => value.Split(',').All(Fits) : Fits);

        bool Fits(string value)
        {
            var text = spaces switch
            {
                "Removed" => value.Replace(" ", "", StringComparison.Ordinal),
                "Trimmed" => value.Trim(),
                _ => value,
            };
            return text.AsSpan().IndexOfAny('\r', '\n') < 0 && pattern.Value.IsMatch(text);
        }
    }

    /// <summary>nginx's server_name: an asterisk stands for a whole label, the first or the last.</summary>
    private static bool IsServerName(string name) =>
        name.StartsWith('~') ? name.Length > 1 && PcrePattern.Read(name[1..]).Fault is null : name.Length == 0 || ServerName().IsMatch(name);

    private static bool IsCookiePath(string value)
    {
        var words = value.Split([' ', '\t', '\f'], StringSplitOptions.RemoveEmptyEntries);
        return words is ["off"] || (words is [var from, _] && IsPlainOrPattern(from));
    }

    /// <summary>Whether nginx compiles what stands after a tilde.</summary>
    private static bool IsPlainOrPattern(string value) => !value.StartsWith('~') || PcrePattern.Read(value[1..].TrimStart('*')).Fault is null;

    private static bool IsFlag(string value) => GoText.IsTrue(value) || GoText.IsFalse(value);

    /// <summary>Go's strconv.Atoi: a sign, digits, and no space.</summary>
    private static bool IsNumber(string value) => value.Length < 30 && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    /// <summary>Go's net.ParseCIDR, which lets host bits stand, or net.ParseIP.</summary>
    private static bool IsNetwork(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? IpAddresses.Read(text) is not null
            : IpAddresses.Read(text[..slash]) is not null
                && text.AsSpan(slash + 1) is { Length: > 0 and <= 3 } bits
                && bits.IndexOfAnyExceptInRange('0', '9') < 0
                && int.Parse(bits, CultureInfo.InvariantCulture) <= (text.Contains(':', StringComparison.Ordinal) ? 128 : 32);
    }

    /// <summary>
    /// Whether it ends the nginx condition around it, unquoted in older versions (CVE-2025-1097): by a line break, a directive, or a brace.
    /// </summary>
    private static bool LeavesCondition(string value) =>
        value.AsSpan().IndexOfAny("\r\n;{}") >= 0 && BracesOfExpressions().Replace(value, "").AsSpan().IndexOfAny("\r\n;{}") >= 0;

    /// <summary>
    /// Whether RE2 would accept it, as far as .NET can tell: RE2 has no lookaround and no backreferences. The expression is parsed and never run.
    /// Syntax that only RE2 knows is accepted.
    /// </summary>
    private static bool IsRegularExpression(string pattern)
    {
        if (pattern.Length > 1000 || OnlyInRe2().IsMatch(pattern))
            return true;

        try
        {
            return !OnlyInDotNet().IsMatch(pattern) && new Regex(pattern, RegexOptions.CultureInvariant) is not null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ServiceName();

    [GeneratedRegex(@"^([*]?[.])?[^*.]+([.][^*.]+)*[.]?\z|^[^*.]+([.][^*.]+)*[.][*]\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex ServerName();

    [GeneratedRegex(@"\\[\\{}]|\\[pPx]\{\^?\w+\}|\{\d+(,\d*)?\}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex BracesOfExpressions();

    [GeneratedRegex(@"\(\?P|\\[pPQECzA]|\[\[:", RegexOptions.CultureInvariant)]
    private static partial Regex OnlyInRe2();

    [GeneratedRegex(@"\(\?<?[=!]|\(\?>|\\[1-9kG]", RegexOptions.CultureInvariant)]
    private static partial Regex OnlyInDotNet();
}
