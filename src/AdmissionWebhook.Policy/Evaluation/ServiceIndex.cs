using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>
/// What rules about Services ask of the state. A part of it holds only the objects that take part: a Service without a selector, a load balancer or an
/// annotation of external-dns stands nowhere here.
/// </summary>
internal sealed record ServiceIndex(
    ImmutableDictionary<string, ImmutableArray<Service>> LoadBalancers,
    ImmutableDictionary<SelectorEntry, ImmutableArray<Service>> BySelector,
    ImmutableDictionary<string, ImmutableHashSet<KubernetesObject>> ByDnsName,
    ImmutableDictionary<ObjectReference, ImmutableArray<EndpointSlice>> Endpoints)
{
    public static ServiceIndex Empty { get; } = new(
        ImmutableDictionary.Create<string, ImmutableArray<Service>>(StringComparer.Ordinal),
        ImmutableDictionary<SelectorEntry, ImmutableArray<Service>>.Empty,
        ImmutableDictionary.Create<string, ImmutableHashSet<KubernetesObject>>(StringComparer.Ordinal),
        ImmutableDictionary<ObjectReference, ImmutableArray<EndpointSlice>>.Empty);

    /// <summary>A part that nothing was added to or removed from stays the same object.</summary>
    public sealed class Builder(ServiceIndex index)
    {
        private readonly ImmutableDictionary<string, ImmutableArray<Service>>.Builder _loadBalancers = index.LoadBalancers.ToBuilder();
        private readonly ImmutableDictionary<SelectorEntry, ImmutableArray<Service>>.Builder _bySelector = index.BySelector.ToBuilder();
        private readonly ImmutableDictionary<string, ImmutableHashSet<KubernetesObject>>.Builder _byDnsName = index.ByDnsName.ToBuilder();
        private readonly ImmutableDictionary<ObjectReference, ImmutableArray<EndpointSlice>>.Builder _endpoints = index.Endpoints.ToBuilder();

        public ServiceIndex ToImmutable() => new(_loadBalancers.ToImmutable(), _bySelector.ToImmutable(), _byDnsName.ToImmutable(), _endpoints.ToImmutable());

        public void Add(KubernetesObject added)
        {
            switch (added)
            {
                case Service service:
                    if (service.IsLoadBalancer)
                        Add(_loadBalancers, SpaceOf(service), service);
                    foreach (var entry in EntriesOf(service))
                        Add(_bySelector, entry, service);
                    AddNames(service);
                    break;
                case Ingress ingress:
                    AddNames(ingress);
                    break;
                case EndpointSlice { Service: { } service } slice:
                    Add(_endpoints, service, slice);
                    break;
            }
        }

        public void Remove(KubernetesObject removed)
        {
            switch (removed)
            {
                case Service service:
                    if (service.IsLoadBalancer)
                        Drop(_loadBalancers, SpaceOf(service), service);
                    foreach (var entry in EntriesOf(service))
                        Drop(_bySelector, entry, service);
                    DropNames(service);
                    break;
                case Ingress ingress:
                    DropNames(ingress);
                    break;
                case EndpointSlice { Service: { } service } slice:
                    Drop(_endpoints, service, slice);
                    break;
            }
        }

        private static string SpaceOf(Service service) => service.Metadata.Namespace ?? "";

        private static IEnumerable<SelectorEntry> EntriesOf(Service service) =>
            service.Selector.IsEmpty ? [] : service.Selector.Select(entry => new SelectorEntry(service.Metadata.Namespace, entry.Key, entry.Value)).Distinct();

        private static void Add<TKey, TEntry>(ImmutableDictionary<TKey, ImmutableArray<TEntry>>.Builder part, TKey key, TEntry entry) where TKey : notnull =>
            part[key] = part.GetValueOrDefault(key, []).Add(entry);

        private static void Drop<TKey, TEntry>(ImmutableDictionary<TKey, ImmutableArray<TEntry>>.Builder part, TKey key, TEntry entry) where TKey : notnull
        {
            var rest = part[key].Remove(entry);
            if (rest.IsEmpty)
                part.Remove(key);
            else
                part[key] = rest;
        }

        /// <summary>Thousands may ask for one name, and a set takes and gives up each of them in time that hardly grows with that.</summary>
        private void AddNames(KubernetesObject named)
        {
            foreach (var name in ExternalDns.NamesOf(named))
                _byDnsName[name.Name] = _byDnsName.GetValueOrDefault(name.Name, []).Add(named);
        }

        private void DropNames(KubernetesObject named)
        {
            foreach (var name in ExternalDns.NamesOf(named))
            {
                var rest = _byDnsName.GetValueOrDefault(name.Name, []).Remove(named);
                if (rest.IsEmpty)
                    _byDnsName.Remove(name.Name);
                else
                    _byDnsName[name.Name] = rest;
            }
        }
    }
}

/// <summary>One label that a Service selects pods by.</summary>
/// <param name="Namespace">The Service's namespace.</param>
/// <param name="Key">The label.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct SelectorEntry(string? Namespace, string Key, string Value);
