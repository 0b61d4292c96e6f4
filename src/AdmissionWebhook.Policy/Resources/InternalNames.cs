namespace AdmissionWebhook.Policy.Resources;

/// <summary>Names that do not lead where a name of the internet leads.</summary>
public static class InternalNames
{
    private static readonly string[] Loopback = ["localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "loopback", "broadcasthost"];

    private static readonly string[] PublicLoopback = ["localtest.me", "lvh.me", "vcap.me", "lacolhost.com"];

    private static readonly string[] Spelling = ["nip.io", "sslip.io", "xip.io", "traefik.me", "backname.io"];

    private static readonly string[] Metadata = ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com", "metadata.platformequinix.com"];

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");

    /// <summary>
    /// Whether a resolver takes it for an IP address. Resolvers do so with more than four decimal numbers: <c>127.1</c>,
    /// <c>0x7f000001</c>, <c>2130706433</c>; no top-level domain is a number, so a numeric last label is enough.
    /// </summary>
    public static bool IsAddress(Host host)
    {
        var last = host.Name.AsSpan(host.Name.LastIndexOf('.') + 1);
        return host.Name.Contains(':', StringComparison.Ordinal)
            || last.IndexOfAnyExceptInRange('0', '9') < 0
            || (last.StartsWith("0x") && last[2..].IndexOfAnyExcept(HexDigits) < 0);
    }

    /// <summary>Whether it is the loopback interface of whoever looks it up, or a public name made to lead there.</summary>
    public static bool IsLoopback(Host host) =>
        Loopback.Contains(host.Name) || host.IsWithin("localhost") || host.IsWithin("localdomain") || PublicLoopback.Any(host.IsWithin);

    /// <summary>Whether it is a public name that resolves to the address spelled in it: <c>10-0-0-1.nip.io</c>.</summary>
    public static bool SpellsAddress(Host host) => Spelling.Any(host.IsWithin);

    /// <summary>Whether a cloud's machines get their credentials there. Those that are known by address only are addresses.</summary>
    public static bool IsMetadata(Host host) => Metadata.Contains(host.Name);

    /// <summary>Whether cluster DNS answers for it, from its search list too: <c>web.shop.svc</c>, <c>10-0-0-1.shop.pod</c>, <c>web</c>.</summary>
    public static bool IsInCluster(Host host, string clusterDomain) =>
        host.IsWithin(Host.Parse(clusterDomain).Name) || host.IsWithin("svc") || host.IsWithin("pod") || host.IsWithin("cluster.local") || !host.Name.Contains('.', StringComparison.Ordinal);
}
