using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>What an Ingress claimed before an update; empty for a new Ingress. A claim of Exact <c>/a</c> does not include Exact <c>/a/</c> or the prefix <c>/a</c>.</summary>
internal sealed class HeldClaims
{
    private static readonly HeldClaims Nothing = new();

    private readonly HashSet<Host> _hosts = [];
    private readonly HashSet<(Host, string Key, string? Exactly)> _paths = [];

    /// <summary>Each alias claims every path. Aliases and paths are stored apart, because their product can be too large.</summary>
    private readonly HashSet<Host> _aliases = [];
    private readonly HashSet<(string Key, string? Exactly)> _anyPath = [];

    public static HeldClaims Of(Ingress? old, ClusterState cluster)
    {
        if (old is null)
            return Nothing;

        var held = new HeldClaims();
        foreach (var claim in old.Claims)
        {
            held._hosts.Add(claim.Host);
            held._paths.Add((claim.Host, claim.PathKey, ExactlyOf(claim)));
            held._anyPath.Add((claim.PathKey, ExactlyOf(claim)));
        }

        held._aliases.UnionWith(cluster.AliasesOf(old).Select(alias => alias.Host));
        held._hosts.UnionWith(held._aliases);
        held._hosts.UnionWith(old.Names.Select(name => name.Host));
        return held;
    }

    /// <summary>Whether the host was claimed, by any path.</summary>
    public bool Holds(Host host) => _hosts.Contains(host);

    /// <summary>Whether the path was claimed, by itself or as part of a prefix.</summary>
    public bool Holds(HostClaim claim) => _aliases.Contains(claim.Host)
        ? _anyPath.Contains((claim.PathKey, null)) || _anyPath.Contains((claim.PathKey, ExactlyOf(claim)))
        : _paths.Contains((claim.Host, claim.PathKey, null)) || _paths.Contains((claim.Host, claim.PathKey, ExactlyOf(claim)));

    private static string? ExactlyOf(HostClaim claim) => claim.PathType == "Exact" ? claim.Path : null;
}
