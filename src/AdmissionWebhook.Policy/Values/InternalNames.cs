using System.Collections.Frozen;
using System.Net;
using System.Text.Json;

namespace AdmissionWebhook.Policy.Values;

/// <summary>Names that do not lead to a host on the internet. <c>InternalNames.json</c> lists the known ones.</summary>
public static class InternalNames
{
    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");

    private static readonly FrozenDictionary<string, ImmutableArray<string>> Lists = Read();

    private static readonly FrozenSet<IPAddress> MetadataAddresses = Lists["metadataAddresses"].Select(IPAddress.Parse).ToFrozenSet();

    /// <summary>Why a name is dangerous to fetch, as a phrase after the name; null if it is not, even if it is a name inside the cluster.</summary>
    public static string? FaultOf(Host host) =>
        IsMetadata(host) ? "is the metadata service of the cloud"
        : IsAddress(host) ? "is an IP address, not a DNS name"
        : IsLoopback(host) ? "resolves to the loopback interface"
        : SpellsAddress(host) ? "resolves to the IP address that it contains"
        : Rebinds(host) ? "resolves to a different address each time"
        : null;

    /// <summary>
    /// Whether a resolver reads it as an IP address. Resolvers accept more forms than four decimal numbers: <c>127.1</c>,
    /// <c>0x7f000001</c>, <c>2130706433</c>; no top-level domain is a number, so a numeric last label is enough.
    /// </summary>
    public static bool IsAddress(Host host)
    {
        var last = host.Name.AsSpan(host.Name.LastIndexOf('.') + 1);
        return host.Name.Contains(':', StringComparison.Ordinal)
            || last.IndexOfAnyExceptInRange('0', '9') < 0
            || (last.StartsWith("0x") && last[2..].IndexOfAnyExcept(HexDigits) < 0);
    }

    /// <summary>Whether it is a name of the loopback interface, or a public name that resolves to it.</summary>
    public static bool IsLoopback(Host host) =>
        Lists["loopback"].Contains(host.Name) || host.IsWithin("localhost") || host.IsWithin("localdomain") || IsBelow(host, "publicLoopback");

    /// <summary>Whether it is a public name that resolves to the address that it contains: <c>10-0-0-1.nip.io</c>.</summary>
    public static bool SpellsAddress(Host host) => IsBelow(host, "spelling");

    /// <summary>Whether it is a public name that resolves to an outside address during a check and to an inside address later.</summary>
    public static bool Rebinds(Host host) => IsBelow(host, "rebinding");

    /// <summary>
    /// Whether machines of a cloud get their credentials or settings there, by name or by address in any form that resolvers accept:
    /// <c>0xa9fea9fe</c>.
    /// </summary>
    public static bool IsMetadata(Host host) =>
        Lists["metadata"].Contains(host.Name)
        || (IPAddress.TryParse(host.Name, out var address) && MetadataAddresses.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    /// <summary>Whether cluster DNS answers for it, also with its search list: <c>web.shop.svc</c>, <c>10-0-0-1.shop.pod</c>, <c>web</c>.</summary>
    public static bool IsInCluster(Host host, string clusterDomain) =>
        host.IsWithin(Host.Parse(clusterDomain).Name)
        || IsBelow(host, "clusterDomains")
        || IsKnownInCluster(host)
        || host.Name.Contains(".svc.", StringComparison.Ordinal)
        || !host.Name.Contains('.', StringComparison.Ordinal);

    /// <summary>Whether it is the short name of a Service that every cluster has, such as the API server.</summary>
    public static bool IsKnownInCluster(Host host) => Lists["cluster"].Contains(host.Name);

    /// <summary>
    /// The namespace in the full name of a Service or of a pod behind it: <c>shop</c> in <c>web.shop.svc</c>. Null if it is none, and for the API
    /// server's own.
    /// </summary>
    public static string? NamespaceIn(Host host, string clusterDomain)
    {
        var name = host.Name;
        foreach (var domain in Lists["clusterDomains"].Append(Host.Parse(clusterDomain).Name))
        {
            if (name.EndsWith($".{domain}", StringComparison.Ordinal) && domain != "svc")
                name = name[..^(domain.Length + 1)];
        }

        return name.Split('.') is [.. { Length: > 0 } services, var @namespace, "svc"] && (services[^1], @namespace) != ("kubernetes", "default") ? @namespace : null;
    }

    private static bool IsBelow(Host host, string list)
    {
        foreach (var name in Lists[list])
        {
            if (host.IsWithin(name))
                return true;
        }

        return false;
    }

    private static FrozenDictionary<string, ImmutableArray<string>> Read()
    {
        using var resource = typeof(InternalNames).Assembly.GetManifestResourceStream("InternalNames.json")!;
        using var json = JsonDocument.Parse(resource);
        return json.RootElement.EnumerateObject()
            .Where(list => list.Value.ValueKind == JsonValueKind.Array)
            .ToFrozenDictionary(list => list.Name, list => list.Value.EnumerateArray().Select(name => name.GetString()!).ToImmutableArray());
    }
}
