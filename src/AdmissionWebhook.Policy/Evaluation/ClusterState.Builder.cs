using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Evaluation;

public sealed partial class ClusterState
{
    /// <summary>What becomes the next state; the one place that keeps the indexes in step with the objects.</summary>
    private sealed class Builder
    {
        public Builder()
        {
            Objects = new HashTrie<ObjectReference, KubernetesObject>().ToBuilder();
            IngressesByHost = new HashTrie<string, ImmutableArray<Ingress>>().ToBuilder();
            HostsByWildcard = new HashTrie<string, ImmutableHashSet<string>>().ToBuilder();
            IngressesByService = new HashTrie<ObjectReference, ImmutableArray<Ingress>>().ToBuilder();
            IngressesByClass = ImmutableDictionary.CreateBuilder<string, ImmutableHashSet<Ingress>>(StringComparer.Ordinal);
            Services = new(ServiceIndex.Empty);
        }

        public Builder(ClusterState state)
        {
            Objects = state._objects.ToBuilder();
            Known = state._known;
            IngressesByHost = state._ingressesByHost.ToBuilder();
            HostsByWildcard = state._hostsByWildcard.ToBuilder();
            IngressesByService = state._ingressesByService.ToBuilder();
            IngressesByClass = state._ingressesByClass.ToBuilder();
            DefaultClasses = state._defaultClasses;
            Services = new(state._services);
        }

        public HashTrie<ObjectReference, KubernetesObject>.Builder Objects { get; }

        public ImmutableHashSet<ResourceKind> Known { get; set; } = [];

        public HashTrie<string, ImmutableArray<Ingress>>.Builder IngressesByHost { get; }

        public HashTrie<string, ImmutableHashSet<string>>.Builder HostsByWildcard { get; }

        public HashTrie<ObjectReference, ImmutableArray<Ingress>>.Builder IngressesByService { get; }

        public ImmutableDictionary<string, ImmutableHashSet<Ingress>>.Builder IngressesByClass { get; }

        public ImmutableArray<IngressClass> DefaultClasses { get; private set; } = [];

        public ServiceIndex.Builder Services { get; }

        public void Add(KubernetesObject added)
        {
            Objects[added.Reference] = added;
            if (added is IngressClass { IsDefault: true } defaultClass)
                DefaultClasses = DefaultClasses.Add(defaultClass);
            Services.Add(added);
            if (added is not Ingress ingress)
                return;

            foreach (var host in ingress.ClaimedHosts)
            {
                Add(IngressesByHost, host.Name, ingress);
                if (host.CoveringWildcard is { } wildcard)
                    HostsByWildcard[wildcard] = HostsByWildcard.GetValueOrDefault(wildcard, []).Add(host.Name);
            }

            foreach (var service in ServicesOf(ingress))
                Add(IngressesByService, service, ingress);
            foreach (var className in ClassesOf(ingress))
                IngressesByClass[className] = IngressesByClass.GetValueOrDefault(className, []).Add(ingress);
        }

        public void Remove(ObjectReference reference)
        {
            if (!Objects.TryGetValue(reference, out var removed))
                return;

            Objects.Remove(reference);
            if (removed is IngressClass removedClass)
                DefaultClasses = DefaultClasses.Remove(removedClass);
            Services.Remove(removed);
            if (removed is not Ingress ingress)
                return;

            foreach (var host in ingress.ClaimedHosts)
            {
                if (Drop(IngressesByHost, host.Name, ingress) && host.CoveringWildcard is { } wildcard)
                    DropHost(wildcard, host.Name);
            }

            foreach (var service in ServicesOf(ingress))
                Drop(IngressesByService, service, ingress);
            foreach (var className in ClassesOf(ingress))
                DropClass(className, ingress);
        }

        /// <summary>Nearly always there is one entry or none, and then an array is by far the smallest.</summary>
        private static void Add<TKey>(HashTrie<TKey, ImmutableArray<Ingress>>.Builder index, TKey key, Ingress entry) where TKey : notnull =>
            index[key] = index.GetValueOrDefault(key, []).Add(entry);

        /// <summary>Whether it was the key's last entry.</summary>
        private static bool Drop<TKey>(HashTrie<TKey, ImmutableArray<Ingress>>.Builder index, TKey key, Ingress entry) where TKey : notnull
        {
            var rest = index[key].Remove(entry);
            if (rest.IsEmpty)
                index.Remove(key);
            else
                index[key] = rest;
            return rest.IsEmpty;
        }

        private void DropHost(string wildcard, string host)
        {
            var rest = HostsByWildcard[wildcard].Remove(host);
            if (rest.IsEmpty)
                HostsByWildcard.Remove(wildcard);
            else
                HostsByWildcard[wildcard] = rest;
        }

        private void DropClass(string className, Ingress ingress)
        {
            var rest = IngressesByClass[className].Remove(ingress);
            if (rest.IsEmpty)
                IngressesByClass.Remove(className);
            else
                IngressesByClass[className] = rest;
        }

        private static IEnumerable<string> ClassesOf(Ingress ingress) => ingress.NamedClasses.DefaultIfEmpty("");

        private static HashSet<ObjectReference> ServicesOf(Ingress ingress) =>
        [
            .. from backend in ingress.Backends
               where backend.ServiceName is not null
               select new ObjectReference(ResourceKind.Service, ingress.Metadata.Namespace, backend.ServiceName!),
        ];
    }
}
