using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AdmissionWebhook.Policy.Values;

/// <summary>
/// IP addresses as Kubernetes reads them (Go's net.ParseIP): four plain decimal numbers or IPv6 text. .NET alone would also take
/// octal, hexadecimal and shortened forms, so that 010.0.0.1 would mean another address here than in the cluster.
/// </summary>
public static class IpAddresses
{
    /// <summary>The address, an IPv4-mapped IPv6 one as IPv4; null where Kubernetes would not read it.</summary>
    public static IPAddress? Read(string text)
    {
        if (!IPAddress.TryParse(text, out var address) || text.AsSpan().IndexOfAny("%[") >= 0)
            return null;
        if (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != text)
            return null;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>
    /// A range in CIDR notation as Kubernetes reads it (Go's net.ParseCIDR), so host bits may be set; one of IPv4-mapped IPv6 addresses as the IPv4
    /// range that it is. Null where it is none.
    /// </summary>
    public static IPNetwork? ReadRange(string text)
    {
        var parts = text.Trim().Split('/');
        if (parts.Length != 2
            || Read(parts[0]) is not { } address
            || parts[1].Length is 0 or > 3
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix))
        {
            return null;
        }

        var isMapped = address.AddressFamily == AddressFamily.InterNetwork && parts[0].Contains(':', StringComparison.Ordinal);
        prefix -= isMapped ? 96 : 0;
        var bytes = address.GetAddressBytes();
        if (prefix < 0 || prefix > bytes.Length * 8)
            return null;

        for (var bit = prefix; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), prefix);
    }

    /// <summary>A range in CIDR notation with all host bits zero, or a single address; null where it is neither.</summary>
    public static IPNetwork? ReadNetwork(string text)
    {
        if (Read(text) is { } single)
            return new IPNetwork(single, single.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Read(text[..slash]) is { } written && IPNetwork.TryParse(text, out var network) && network.BaseAddress.Equals(written) ? network : null;
    }
}
