using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>What several rules look up for the same Ingress, looked up once. It serves one decision, and remembers the Ingress that was asked about last.</summary>
/// <param name="cluster">Where.</param>
public sealed class Lookups(ClusterState cluster)
{
    private Ingress? _withBackends, _withPlainness, _withHosts;
    private ImmutableArray<(IngressBackend Backend, Lookup<Service> Service)> _backends;
    private bool _hasPlainBackends, _hasHostsToItself;
    private Dictionary<Ingress, Claims>? _claims;

    /// <summary>Where.</summary>
    public ClusterState Cluster => cluster;

    /// <summary>The backends of an Ingress, the default one first, and what is known of the Services that they name.</summary>
    public ImmutableArray<(IngressBackend Backend, Lookup<Service> Service)> BackendsOf(Ingress ingress)
    {
        if (_withBackends != ingress)
            (_withBackends, _backends) = (ingress, FindBackends(ingress));
        return _backends;
    }

    /// <summary>
    /// Whether every backend of an Ingress is a port of a Service in the cluster that says nothing of its protocol, as nearly always; false too where nobody can tell.
    /// </summary>
    public bool HasPlainBackends(Ingress ingress)
    {
        if (_withPlainness != ingress)
            (_withPlainness, _hasPlainBackends) = (ingress, ArePlain(ingress));
        return _hasPlainBackends;
    }

    /// <summary>Whether no other Ingress asks for traffic of its hosts, as nearly always; false too where nobody can tell.</summary>
    public bool HasHostsToItself(Ingress ingress)
    {
        if (_withHosts != ingress)
            (_withHosts, _hasHostsToItself) = (ingress, cluster.Knows(ResourceKind.Ingress) && IsAlone(ingress));
        return _hasHostsToItself;
    }

    /// <summary>The claims of an Ingress for a host, without those for a wildcard over it.</summary>
    public IEnumerable<HostClaim> ClaimsFor(Host host, Ingress ingress)
    {
        var claims = ClaimsOf(ingress);
        if (!claims.Aliases.TryGetValue(host, out var alias))
            return claims.ByHost[host];

        // Each alias is claimed with every path.
        cluster.Spend(ingress.PathCount);
        return ingress.ClaimsOfAlias(alias);
    }

    /// <summary>The claims of an Ingress that some request for a host falls under, in time that does not grow with the number of its other hosts.</summary>
    public IEnumerable<HostClaim> ClaimsMeeting(Host host, Ingress ingress)
    {
        var same = ClaimsFor(host, ingress);
        if (host.IsWildcard)
            return same.Concat(ClaimsOf(ingress).ByWildcard[host.Name].SelectMany(covered => ClaimsFor(covered, ingress)));
        return host.CoveringWildcard is { } wildcard ? same.Concat(ClaimsFor(Host.Parse(wildcard), ingress)) : same;
    }

    private Claims ClaimsOf(Ingress ingress)
    {
        _claims ??= [];
        if (!_claims.TryGetValue(ingress, out var claims))
            _claims[ingress] = claims = Sort(ingress);
        return claims;
    }

    private Claims Sort(Ingress ingress)
    {
        cluster.Spend(ingress.PathCount + ingress.Rules.Length);
        var aliases = cluster.AliasesOf(ingress);
        return new(
            ingress.Claims.ToLookup(claim => claim.Host),
            ingress.RuleHosts.Concat(aliases.Select(alias => alias.Host)).ToLookup(host => host.CoveringWildcard ?? ""),
            aliases.ToDictionary(alias => alias.Host));
    }

    private ImmutableArray<(IngressBackend Backend, Lookup<Service> Service)> FindBackends(Ingress ingress) =>
        [.. ingress.Backends.Select(backend => (backend, backend.ServiceName is { } name ? cluster.Find<Service>(ingress.Metadata.Namespace, name) : default))];

    private bool ArePlain(Ingress ingress)
    {
        if (ingress.DefaultBackend is { } other && !IsPlain(other, ingress))
            return false;

        foreach (var rule in ingress.Rules)
        {
            foreach (var path in rule.Paths)
            {
                if (path.Backend is { } backend && !IsPlain(backend, ingress))
                    return false;
            }
        }

        return true;
    }

    private bool IsPlain(IngressBackend backend, Ingress ingress) =>
        backend.ServiceName is { } name
        && cluster.Find<Service>(ingress.Metadata.Namespace, name).Found is { IsExternalName: false } service
        && service.FindTcpPort(backend.Port) is { } port
        && BackendProtocol.SpokenAt(port) is null;

    private bool IsAlone(Ingress ingress)
    {
        foreach (var host in ingress.ClaimedHosts)
        {
            foreach (var other in cluster.RoutesClaiming(host))
            {
                if (other.Metadata.Name != ingress.Metadata.Name || other.Metadata.Namespace != ingress.Metadata.Namespace)
                    return false;
            }
        }

        return true;
    }

    private sealed record Claims(ILookup<Host, HostClaim> ByHost, ILookup<string, Host> ByWildcard, Dictionary<Host, HostAlias> Aliases);
}
