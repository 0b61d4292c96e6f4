using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>The value of a scalar (YAML 1.1, as the parser of kubectl reads it): unquoted yes, no, on and off are booleans, and 010 is eight.</summary>
internal static partial class YamlScalar
{
    private const string CoreTag = "tag:yaml.org,2002:";

    /// <summary>A string, a boolean, a <see cref="long"/> or <see cref="BigInteger"/>, a <see cref="double"/>, or null.</summary>
    /// <exception cref="YamlValueException">It does not have the type of its tag, or JSON has no such value.</exception>
    public static object? ValueOf(YamlText scalar)
    {
        var text = scalar.Value;
        var tag = scalar.Tag is { IsEmpty: false, IsNonSpecific: false } known && known.Value.StartsWith(CoreTag, StringComparison.Ordinal) ? known.Value[CoreTag.Length..] : null;
        if (tag is "binary")
            return Decode(scalar);
        if (tag is not ("int" or "float" or "bool" or "null") && (!scalar.IsPlain || !scalar.Tag.IsEmpty))
            return text;

        var value = Plain(text);
        if (tag is not null && value is string)
            throw new YamlValueException(scalar, $"\"{text}\" is not a valid !!{tag}");
        return value is double number && !double.IsFinite(number) ? throw new YamlValueException(scalar, $"{text} is not a valid JSON number") : value;
    }

    /// <summary>The text of a !!binary; bytes that are not UTF-8 become replacement characters, as in kubectl.</summary>
    private static string Decode(YamlText scalar)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(scalar.Value));
        }
        catch (FormatException)
        {
            throw new YamlValueException(scalar, "is not valid Base64, which !!binary requires");
        }
    }

    /// <summary>The name of a member; a key that is not a string is written as in JSON.</summary>
    /// <exception cref="YamlValueException">It is null.</exception>
    public static string NameOf(YamlText key) => ValueOf(key) switch
    {
        string text => text,
        bool truth => truth ? "true" : "false",
        null => throw new YamlValueException(key, "a key must be a string"),
        var number => string.Create(CultureInfo.InvariantCulture, $"{number}"),
    };

    /// <summary>Whether it is a string without quotes.</summary>
    public static bool IsText(string plain) => Plain(plain) is string;

    private static object? Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON" => true,
        "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" => false,
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" => double.PositiveInfinity,
        ".nan" or ".NaN" or ".NAN" => double.NaN,

        // Only these characters start a number, so most strings are done here.
        [not ('-' or '+' or '.' or (>= '0' and <= '9')), ..] => text,
        ['.', ..] => Number(text) ?? text,
        [>= '1' and <= '9', ..] when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) => whole,
        _ => Number(text.Replace("_", "", StringComparison.Ordinal)) ?? text,
    };

    private static object? Number(string text)
    {
        var match = WholeNumber().Match(text);
        if (!match.Success)
            return DecimalNumber().IsMatch(text) && double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

        var radix = match.Groups["hex"].Success ? 16 : match.Groups["octal"].Success ? 8 : match.Groups["binary"].Success ? 2 : 10;
        var value = match.Groups["hex"].Value + match.Groups["octal"].Value + match.Groups["binary"].Value + match.Groups["decimal"].Value;
        var whole = value.Aggregate(BigInteger.Zero, (sum, digit) => (sum * radix) + Convert.ToInt32(digit.ToString(), 16));
        return text[0] == '-' ? -whole : whole;
    }

    [GeneratedRegex(@"^[-+]?(0[xX](?<hex>[0-9a-fA-F]{1,32})|0[bB](?<binary>[01]{1,64})|0[oO]?(?<octal>[0-7]{1,32})|(?<decimal>0|[1-9][0-9]{0,40}))\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex DecimalNumber();
}
