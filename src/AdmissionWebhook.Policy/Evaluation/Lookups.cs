using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>What several rules look up for the same Ingress, looked up once. It serves one decision, and remembers the Ingress that was asked about last.</summary>
/// <param name="cluster">Where.</param>
public sealed class Lookups(ClusterState cluster)
{
    private Ingress? _withBackends, _withHosts;
    private ImmutableArray<(IngressBackend Backend, Lookup<Service> Service)> _backends;
    private bool _hasHostsToItself;

    /// <summary>The backends of an Ingress, the default one first, and what is known of the Services that they name.</summary>
    public ImmutableArray<(IngressBackend Backend, Lookup<Service> Service)> BackendsOf(Ingress ingress)
    {
        if (_withBackends != ingress)
            (_withBackends, _backends) = (ingress, FindBackends(ingress));
        return _backends;
    }

    /// <summary>Whether no other Ingress asks for traffic of its hosts, as nearly always; false too where nobody can tell.</summary>
    public bool HasHostsToItself(Ingress ingress)
    {
        if (_withHosts != ingress)
            (_withHosts, _hasHostsToItself) = (ingress, cluster.Knows(ResourceKind.Ingress) && IsAlone(ingress));
        return _hasHostsToItself;
    }

    private ImmutableArray<(IngressBackend Backend, Lookup<Service> Service)> FindBackends(Ingress ingress)
    {
        var found = ImmutableArray.CreateBuilder<(IngressBackend Backend, Lookup<Service> Service)>(ingress.PathCount + (ingress.DefaultBackend is null ? 0 : 1));
        foreach (var backend in ingress.Backends)
            found.Add((backend, backend.ServiceName is { } name ? cluster.Find<Service>(ingress.Metadata.Namespace, name) : default));
        return found.DrainToImmutable();
    }

    private bool IsAlone(Ingress ingress)
    {
        foreach (var host in ingress.Hosts)
        {
            foreach (var other in cluster.IngressesClaiming(host))
            {
                if (other.Metadata.Name != ingress.Metadata.Name || other.Metadata.Namespace != ingress.Metadata.Namespace)
                    return false;
            }
        }

        return true;
    }
}
