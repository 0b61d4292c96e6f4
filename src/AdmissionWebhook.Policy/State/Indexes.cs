using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.State;

/// <summary>Every index of a state. A kind takes part in those that speak of it here.</summary>
internal static class Indexes
{
    /// <summary>Routes by the hosts that they ask for.</summary>
    public static Index<Route, string> Host { get; } = new(route => route.ClaimedHosts.Select(host => host.Name));

    /// <summary>Routes by the wildcards that cover a host which they ask for.</summary>
    public static Index<Route, string> CoveredHost { get; } = new(route => route.ClaimedHosts.Select(host => host.CoveringWildcard).OfType<string>().Distinct());

    /// <summary>Routes by the Services of their backends.</summary>
    public static Index<Route, ObjectReference> Backend { get; } = new(route => route.Backends.Select(route.ServiceOf).OfType<ObjectReference>().Distinct());

    /// <summary>Routes by whom they ask to serve them.</summary>
    public static Index<Route, ObjectReference> Parent { get; } = new(route => route.Parents);

    /// <summary>Routes that leave it to a default who serves them, by their kind.</summary>
    public static Index<Route, ResourceKind> Orphan { get; } = new(route => route.Parents.Any() ? [] : [route.Kind]);

    /// <summary>The IngressClasses that say they are the cluster's default, below one key.</summary>
    public static Index<IngressClass, bool> DefaultClass { get; } = new(ingressClass => ingressClass.IsDefault ? [true] : []);

    /// <summary>Services of type LoadBalancer by namespace.</summary>
    public static Index<Service, string> LoadBalancer { get; } = new(service => service.IsLoadBalancer ? [service.Metadata.Namespace ?? ""] : []);

    /// <summary>Services by the labels that they select pods by.</summary>
    public static Index<Service, SelectorEntry> Selector { get; } = new(service =>
        service.Selector.IsEmpty ? [] : service.Selector.Select(entry => new SelectorEntry(service.Metadata.Namespace, entry.Key, entry.Value)).Distinct());

    /// <summary>Services and Ingresses by the names that their annotations ask external-dns for.</summary>
    public static Index<KubernetesObject, string> DnsName { get; } = new(
        named => ExternalDns.NamesOf(named).Select(name => name.Name), ResourceKind.Service, ResourceKind.Ingress);

    /// <summary>EndpointSlices by their Service.</summary>
    public static Index<EndpointSlice, ObjectReference> Endpoints { get; } = new(slice => slice.Service is { } service ? [service] : []);

    /// <summary>Ingresses by the Secrets that cert-manager writes for them.</summary>
    public static Index<Ingress, ObjectReference> CertificateSecret { get; } = new(ingress => TlsIssuer.IsCertManager(ingress)
        ? ingress.Tls.Where(tls => tls.SecretName is not null && !tls.Hosts.IsEmpty)
            .Select(tls => new ObjectReference(ResourceKind.Secret, ingress.Metadata.Namespace, tls.SecretName!)).Distinct()
        : []);

    /// <summary>All of them.</summary>
    public static ImmutableArray<Index> All { get; } = Number(Host, CoveredHost, Backend, Parent, Orphan, DefaultClass, LoadBalancer, Selector, DnsName, Endpoints, CertificateSecret);

    private static ImmutableArray<Index> Number(params ImmutableArray<Index> indexes)
    {
        for (var place = 0; place < indexes.Length; place++)
            indexes[place].Place = place;
        return indexes;
    }
}

/// <summary>One label that a Service selects pods by.</summary>
/// <param name="Namespace">The Service's namespace.</param>
/// <param name="Key">The label.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct SelectorEntry(string? Namespace, string Key, string Value);
