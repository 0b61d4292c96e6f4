using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.State;

/// <summary>
/// What is known of the cluster's objects. Immutable: a change makes a new state that shares nearly everything with the old
/// one, so that readers never wait, and what was read live can overlay the state for a single decision.
/// </summary>
/// <remarks>Indexed by what rules ask: no rule ever walks all objects.</remarks>
public sealed partial class ClusterState
{
    private readonly HashTrie<ObjectReference, KubernetesObject> _objects;
    private readonly ImmutableHashSet<ResourceKind> _known;
    private readonly ImmutableArray<object> _indexed;
    private Budget? _budget;
    private HashSet<ResourceKind>? _looked;

    private ClusterState(HashTrie<ObjectReference, KubernetesObject> objects, ImmutableHashSet<ResourceKind> known, ImmutableArray<object> indexed) =>
        (_objects, _known, _indexed) = (objects, known, indexed);

    private ClusterState(Builder builder)
        : this(builder.Objects.ToImmutable(), builder.Known, builder.Indexed)
    {
    }

    /// <summary>Nothing is known of anything.</summary>
    public static ClusterState Unknown { get; } = new(new(), [], [.. Indexes.All.Select(index => index.Empty)]);

    /// <summary>An empty cluster: everything is known to be missing.</summary>
    public static ClusterState Empty { get; } = Unknown.WithKnown(ResourceKind.All);

    /// <summary>How many objects are known.</summary>
    public int Count => _objects.Count;

    /// <summary>Every object that is known, in no order.</summary>
    public IEnumerable<KubernetesObject> Objects => _objects.Values;

    /// <summary>Whether all objects of <paramref name="kind"/> are known, so that an absent one is missing.</summary>
    public bool Knows(ResourceKind kind)
    {
        _looked?.Add(kind);
        return _known.Contains(kind);
    }

    /// <summary>Looks for one object.</summary>
    /// <param name="namespace">Its namespace; null for a cluster-scoped kind.</param>
    /// <param name="name">Its name.</param>
    public Lookup<T> Find<T>(string? @namespace, string name) where T : KubernetesObject
    {
        _budget?.Spend();
        var reference = new ObjectReference(ResourceKind.Of<T>(), @namespace, name);
        _looked?.Add(reference.Kind);
        var found = Find(reference) as T;
        return Lookup<T>.Of(reference, found, found is null && !Knows(reference.Kind));
    }

    /// <summary>One object of any kind; null where it is not known to be there.</summary>
    public KubernetesObject? Find(ObjectReference reference) => _objects.TryGetValue(reference, out var known) ? known : null;

    /// <summary>The routes that ask for traffic of a host that <paramref name="host"/> means too, each at least once, in no order.</summary>
    public IEnumerable<Route> RoutesClaiming(Host host)
    {
        var same = Find(Indexes.Host, host.Name);
        if (host.IsWildcard)
            return same.Concat(Find(Indexes.CoveredHost, host.Name));
        return host.CoveringWildcard is { } wildcard && Find(Indexes.Host, wildcard) is { IsEmpty: false } over ? same.Concat(over) : same;
    }

    /// <summary>The Ingresses among them.</summary>
    public IEnumerable<Ingress> IngressesClaiming(Host host) => RoutesClaiming(host).OfType<Ingress>();

    /// <summary>The routes with a backend that is this Service, in no order.</summary>
    public Entries<Route> RoutesTo(ObjectReference service) => Find(Indexes.Backend, service);

    /// <summary>The Services of type LoadBalancer in a namespace, in no order.</summary>
    public Entries<Service> LoadBalancersIn(string? @namespace) => Find(Indexes.LoadBalancer, @namespace ?? "");

    /// <summary>The Services of a namespace whose selector has this entry, in no order.</summary>
    public Entries<Service> ServicesSelecting(string? @namespace, string key, string value) => Find(Indexes.Selector, new(@namespace, key, value));

    /// <summary>The Services and Ingresses whose annotations ask external-dns for a name, in no order.</summary>
    public Entries<KubernetesObject> ObjectsNamed(Host name) => Find(Indexes.DnsName, name.Name);

    /// <summary>The Ingresses for which cert-manager writes a Secret, in no order.</summary>
    public Entries<Ingress> IngressesIssuing(string? @namespace, string secret) => Find(Indexes.CertificateSecret, new(ResourceKind.Secret, @namespace, secret));

    /// <summary>What is known of a Service's endpoints, in no order: nothing where it has none.</summary>
    public Entries<EndpointSlice> EndpointsOf(ObjectReference service) => Find(Indexes.Endpoints, service);

    /// <summary>Whether anybody's endpoints are known. Every cluster has some, so where there are none nobody told.</summary>
    public bool HasEndpoints => Indexes.Endpoints.CountKeys(_indexed[Indexes.Endpoints.Place]) > 0;

    /// <summary>The routes that ask this object to serve them, an IngressClass for one, in no order.</summary>
    public Entries<Route> RoutesOf(ObjectReference parent) => Find(Indexes.Parent, parent);

    /// <summary>The routes of a kind that leave it to a default who serves them, in no order.</summary>
    public Entries<Route> RoutesWithoutParent(ResourceKind kind) => Find(Indexes.Orphan, kind);

    /// <summary>The classes that say they are the cluster's default, in no order.</summary>
    public Entries<IngressClass> DefaultClasses => Find(Indexes.DefaultClass, true);

    /// <summary>How many keys each index has.</summary>
    internal ImmutableArray<int> CountKeys() => [.. Indexes.All.Select(index => index.CountKeys(_indexed[index.Place]))];

    /// <summary>The same state for one decision, which pays for every other object that it is shown.</summary>
    internal ClusterState Within(Budget budget)
    {
        var metered = (ClusterState)MemberwiseClone();
        metered._budget = budget;
        return metered;
    }

    /// <summary>The same state, which writes down the kinds that are looked up in it.</summary>
    internal ClusterState Recording(HashSet<ResourceKind> looked)
    {
        var recording = (ClusterState)MemberwiseClone();
        recording._looked = looked;
        return recording;
    }

    /// <summary>Pays for a look at parts of other objects.</summary>
    internal void Spend(int steps) => _budget?.Spend(steps);

    private Entries<TObject> Find<TObject, TKey>(Index<TObject, TKey> index, TKey key)
        where TObject : KubernetesObject
        where TKey : notnull
    {
        var found = index.Find(_indexed[index.Place], key);
        _budget?.Spend(found.Count);
        _looked?.UnionWith(index.Kinds);
        return found;
    }

    /// <summary>This state and these objects, each in the place of an older copy of itself.</summary>
    public ClusterState With(params IEnumerable<KubernetesObject> objects)
    {
        Builder? builder = null;
        foreach (var added in objects)
        {
            // Endpoints change with every pod, and nearly always in ways that nobody asks about.
            if (builder is null && added is EndpointSlice slice && _objects.TryGetValue(added.Reference, out var known) && slice.SaysSameAs((EndpointSlice)known))
                continue;

            builder ??= new(this);
            builder.Put(added);
        }

        return builder is null ? this : new(builder);
    }

    /// <summary>This state without an object.</summary>
    public ClusterState Without(ObjectReference reference)
    {
        var builder = new Builder(this);
        builder.Remove(reference);
        return new(builder);
    }

    /// <summary>This state, with these objects as all there are of a kind; the last of those with the same name.</summary>
    public ClusterState WithAll(ResourceKind kind, IEnumerable<KubernetesObject> objects)
    {
        var builder = new Builder(this) { Known = _known.Add(kind) };
        foreach (var reference in _objects.Keys.Where(reference => reference.Kind == kind))
            builder.Remove(reference);
        foreach (var added in objects)
            builder.Put(added);
        return new(builder);
    }

    /// <summary>This state, with more kinds whose absent objects are missing rather than unknown.</summary>
    public ClusterState WithKnown(params IEnumerable<ResourceKind> kinds) => new(_objects, _known.Union(kinds), _indexed);

    /// <summary>This state, where nobody can tell any more whether an absent object of a kind is missing.</summary>
    public ClusterState WithStale(ResourceKind kind) => new(_objects, _known.Remove(kind), _indexed);

    /// <summary>How many objects of a kind are known.</summary>
    public int CountOf(ResourceKind kind) => _objects.Keys.Count(reference => reference.Kind == kind);

    /// <summary>How many objects of a kind hold more than is kept of them.</summary>
    public int CountTrimmed(ResourceKind kind) => _objects.Values.Count(known => known.Kind == kind && !known.Excesses.IsEmpty);
}
