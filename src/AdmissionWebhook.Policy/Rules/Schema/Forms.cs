using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Schema;

/// <summary>The forms of texts and numbers that the API server of Kubernetes 1.36 accepts (k8s.io/apimachinery, util/validation).</summary>
internal static partial class Forms
{
    private const int LongestLabel = 63;
    private const int LongestName = 253;
    private const int LongestPortName = 15;
    private const int LongestAffinity = 86_400;

    /// <summary>Why a text does not have a form, and what would have it; null if it has. The form must exist.</summary>
    public static (string Fault, string Remedy)? Fault(string form, string text) => form switch
    {
        "dns-label" => Name(text, DnsLabel(), LongestLabel, "a DNS label of lower-case letters, digits and hyphens", withDots: false),
        "dns-name" => Name(text, DnsName(), LongestName, "a DNS name of lower-case letters, digits, hyphens and dots", withDots: true),
        "host" => IsAddress(text) ? ("must be a DNS name, not an IP address", "Use a DNS name, or remove the host") : HostFault(text),
        "tls-host" => HostFault(text),
        "port-name" => PortNameFault(text),
        "qualified-name" => QualifiedNameFault(text),
        "finalizer" => !text.Contains('/', StringComparison.Ordinal) && text is not ("kubernetes" or "orphan" or "foregroundDeletion")
            ? ("must have a domain, like example.com/finalizer", $"Write example.com/{text}") : QualifiedNameFault(text),
        "path-segment" => text is "." or ".." || text.AsSpan().IndexOfAny('/', '%') >= 0 ? ("must not contain / or %", "Write a plain name") : null,
        "controller" => ControllerFault(text),
        "time" => Time().IsMatch(text) ? null : ("must be a time as in RFC 3339", "Remove it; the API server sets it"),
        "cidr" => CidrFault(text.Trim()),
        "ip" => IpFault(text),
        "node-address" => IpFault(text) ?? SpecialAddressFault(IpAddresses.Read(text)!),
        _ => throw new ArgumentException($"form {form} does not exist", nameof(form)),
    };

    /// <summary>The same for a number.</summary>
    public static (string Fault, string Remedy)? Fault(string form, int number) => (form, number) switch
    {
        ("affinity-timeout", > 0 and <= LongestAffinity) or (_, >= 1 and <= 65535) => null,
        ("affinity-timeout", _) => ($"must be from 1 to {LongestAffinity}", "Write 10800, which is the default"),
        _ => ("must be from 1 to 65535", "Use a port number from 1 to 65535"),
    };

    /// <summary>Why a label value is invalid; null if it is valid.</summary>
    public static (string Fault, string Remedy)? LabelValueFault(string text) =>
        text.Length == 0 || (text.Length <= LongestLabel && QualifiedPart().IsMatch(text)) ? null
            : ($"must have at most {LongestLabel} letters, digits, '-', '_' and '.', and begin and end with a letter or digit", Suggest(text, LongestLabel, AnyOther()));

    public static (string Fault, string Remedy)? QualifiedNameFault(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var name = text[(slash + 1)..];
        return (slash < 0 || Name(text[..slash], DnsName(), LongestName, "", withDots: true) is null) && name.Length <= LongestLabel
            && QualifiedPart().IsMatch(name) ? null
            : ("must be a name like app or example.com/app, of letters, digits, '-', '_' and '.'", "Write it like example.com/app");
    }

    /// <summary>Whether a text is an IP address, also with zeros before its numbers.</summary>
    private static bool IsAddress(string text) =>
        IpAddresses.Read(text) is not null
            || (text.Split('.') is { Length: 4 } parts
            && parts.All(part => part.Length is > 0 and < 10 && part.All(char.IsAsciiDigit) && int.Parse(part, CultureInfo.InvariantCulture) < 256));

    /// <summary>Names of Services that Kubernetes before 1.36 rejects: those that begin with a digit.</summary>
    public static bool BeginsWithDigit(string name) => name is [>= '0' and <= '9', ..];

    public static (string Fault, string Remedy)? IpFault(string text) => IpAddresses.Read(text) is not { } address
        ? ("must be an IP address, without leading zeros", "Write it like 192.0.2.7")
        : address.AddressFamily == AddressFamily.InterNetwork && text.Contains(':', StringComparison.Ordinal)
        ? ("must not be an IPv4 address in IPv6 form", $"Write {address}")
        : null;

    private static (string Fault, string Remedy)? Name(string text, Regex form, int most, string what, bool withDots) =>
        text.Length > most ? ($"must have at most {most} characters", "Write a shorter name")
        : form.IsMatch(text) ? null
        : ($"must be {what}, and begin and end with a letter or digit", Suggest(text.ToLowerInvariant(), most, withDots ? NotInName()
        : NotInLabel()));

    private static (string Fault, string Remedy)? HostFault(string text)
    {
        if (!text.Contains('*', StringComparison.Ordinal))
            return text.EndsWith('.') && DnsName().IsMatch(text[..^1]) ? ("must not end with a dot", $"Write {text[..^1]}")
                : Name(text, DnsName(), LongestName, "a DNS name in lower case", withDots: true);

        var isWildcard = text.Length <= LongestName && text.StartsWith("*.", StringComparison.Ordinal) && DnsName().IsMatch(text[2..]);
        return isWildcard ? null : ("must have * as its whole first label, once, before a DNS name in lower case", "Write it like *.example.com");
    }

    private static (string Fault, string Remedy)? PortNameFault(string text) =>
        text.Length <= LongestPortName && PortName().IsMatch(text) && text.Any(char.IsAsciiLetter) ? null
            : text.All(char.IsAsciiDigit) && text.Length > 0 ? ("must have a letter, because it is the name of a port", $"Write number: {text}")
            : ($"must have at most {LongestPortName} lower-case letters, digits and single hyphens inside", Suggest(text.ToLowerInvariant(), LongestPortName, NotInLabel()));

    private static (string Fault, string Remedy)? ControllerFault(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return text.Length > 250 ? ("must have at most 250 characters", "Write a shorter name")
            : slash > 0 && DnsName().IsMatch(text[..slash]) && HttpPath().IsMatch(text[(slash + 1)..]) ? null
            : ("must be a domain and a path, like example.com/ingress-controller", "Use the name in the documentation of the controller");
    }

    private static (string Fault, string Remedy)? CidrFault(string text)
    {
        if (IpAddresses.ReadRange(text) is not { } range)
            return ("must be a CIDR, without leading zeros", IpAddresses.Read(text) is { } single
                ? $"Write {text}/{(single.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}" : "Write it like 203.0.113.0/24");

        var (address, length) = (text[..text.IndexOf('/', StringComparison.Ordinal)], text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        return IpFault(address) is not null || length != range.PrefixLength.ToString(CultureInfo.InvariantCulture)
            || !range.BaseAddress.Equals(IpAddresses.Read(address))
            ? ("must not have bits beyond its prefix length, leading zeros or an IPv4 address in IPv6 form", $"Write {range}")
            : null;
    }

    private static (string Fault, string Remedy)? SpecialAddressFault(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        var isSpecial = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal
            || (bytes is [169, 254, _, _] or [224, 0, 0, _]) || (bytes.Length == 16 && bytes[0] == 0xff && (bytes[1] & 0x0f) == 2);
        return isSpecial ? ("must not be a loopback, link-local or unspecified address", "Use an address that is routed to the nodes") : null;
    }

    /// <summary>A name that would do, if the text has any letter or digit to make one of.</summary>
    private static string Suggest(string text, int most, Regex others)
    {
        var plain = others.Replace(text, "-").Trim('-', '.', '_');
        plain = plain.Length > most ? plain[..most].Trim('-', '.', '_') : plain;
        return plain.Length == 0 ? "Write a name of letters and digits" : $"Write {plain}";
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DnsName();

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PortName();

    [GeneratedRegex(@"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex QualifiedPart();

    [GeneratedRegex(@"^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex HttpPath();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Time();

    [GeneratedRegex("[^a-z0-9.]+", RegexOptions.NonBacktracking)]
    private static partial Regex NotInName();

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex NotInLabel();

    [GeneratedRegex("[^-A-Za-z0-9_.]+", RegexOptions.NonBacktracking)]
    private static partial Regex AnyOther();
}
