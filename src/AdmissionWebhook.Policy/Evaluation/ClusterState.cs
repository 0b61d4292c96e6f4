using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Evaluation;

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
    public bool Knows(ResourceKind kind) => _known.Contains(kind);

    /// <summary>Looks for one object.</summary>
    /// <param name="space">Its namespace; null for a cluster-scoped kind.</param>
    /// <param name="name">Its name.</param>
    public Lookup<T> Find<T>(string? space, string name) where T : KubernetesObject
    {
        _budget?.Spend();
        var reference = new ObjectReference(ResourceKind.Of<T>(), space, name);
        var found = Find(reference) as T;
        return Lookup<T>.Of(reference, found, found is null && !Knows(reference.Kind));
    }

    /// <summary>One object of any kind; null where it is not known to be there.</summary>
    public KubernetesObject? Find(ObjectReference reference) => _objects.TryGetValue(reference, out var known) ? known : null;

    /// <summary>The Ingresses that ask for traffic of a host that <paramref name="host"/> means too, each at least once, in no order.</summary>
    public IEnumerable<Ingress> IngressesClaiming(Host host)
    {
        var same = Find(Indexes.Host, host.Name);
        if (host.IsWildcard)
            return same.Concat(Find(Indexes.CoveredHost, host.Name));
        return host.CoveringWildcard is { } wildcard && Find(Indexes.Host, wildcard) is { IsEmpty: false } over ? same.Concat(over) : same;
    }

    /// <summary>The Ingresses with a backend that is this Service, in no order.</summary>
    public Entries<Ingress> IngressesReferencing(ObjectReference service) => Find(Indexes.Backend, service);

    /// <summary>The Services of type LoadBalancer in a namespace, in no order.</summary>
    public Entries<Service> LoadBalancersIn(string? space) => Find(Indexes.LoadBalancer, space ?? "");

    /// <summary>The Services of a namespace whose selector has this entry, in no order.</summary>
    public Entries<Service> ServicesSelecting(string? space, string key, string value) => Find(Indexes.Selector, new(space, key, value));

    /// <summary>The Services and Ingresses whose annotations ask external-dns for a name, in no order.</summary>
    public Entries<KubernetesObject> ObjectsNamed(Host name) => Find(Indexes.DnsName, name.Name);

    /// <summary>What is known of a Service's endpoints, in no order: nothing where it has none.</summary>
    public Entries<EndpointSlice> EndpointsOf(ObjectReference service) => Find(Indexes.Endpoints, service);

    /// <summary>Whether anybody's endpoints are known. Every cluster has some, so where there are none nobody told.</summary>
    public bool HasEndpoints => Indexes.Endpoints.CountKeys(_indexed[Indexes.Endpoints.Place]) > 0;

    /// <summary>The Ingresses that name this class in the field or in the annotation, in no order; those that name none have the empty name.</summary>
    public Entries<Ingress> IngressesOfClass(string className) => Find(Indexes.Class, className);

    /// <summary>The classes that say they are the cluster's default, in no order.</summary>
    public Entries<IngressClass> DefaultClasses => Find(Indexes.DefaultClass, true);

    /// <summary>
    /// The class that serves an Ingress: spec.ingressClassName, else the annotation that came before it, else the cluster's
    /// default class. Of several default classes the newest counts, as in the API server.
    /// </summary>
    public EffectiveClass ClassOf(Ingress ingress)
    {
        if (ingress.ClassName is { } field)
            return new(field, null, IsKnown: true);
        if (ingress.AnnotatedClasses is [var (annotation, named), ..])
            return new(named, annotation, IsKnown: true);

        // To the API server an empty class is one: it fills in no default, and which controllers serve the Ingress is up to them.
        if (ingress.NamesClass)
            return new(null, ingress.HasClassField ? null : Ingress.ClassAnnotation, IsKnown: true);

        var newest = DefaultClasses.MaxBy(known => (known.Metadata.CreationTimestamp ?? "", known.Metadata.Name), NewestFirstByName);
        return new(newest?.Metadata.Name, null, newest is not null || Knows(ResourceKind.IngressClass));
    }

    /// <summary>
    /// The controller that serves an Ingress, by its class; null where that is none of the known ones, or cannot be told. Where there is no
    /// IngressClass, or nobody knows, the name that a controller has for itself decides.
    /// </summary>
    public IngressController? ControllerOf(Ingress ingress) => ClassOf(ingress).Name is { } name
        ? Find<IngressClass>(null, name).Found is { } found ? found.KnownController : IngressController.OfClassName(name)
        : null;

    /// <summary>
    /// Whether a controller serves an Ingress for all anybody knows: false where every class it names is another's for certain, null where nobody
    /// knows the class that decides. A controller that is none of the known ones may be this one under a name of its own.
    /// </summary>
    public bool? CouldBeServedBy(IngressController controller, Ingress ingress)
    {
        var effective = ClassOf(ingress);
        var could = !effective.IsKnown ? null : effective.Name is null ? true : CouldServe(controller, effective.Name);
        foreach (var other in ingress.NamedClasses)
        {
            if (could is not true && other != effective.Name && CouldServe(controller, other) is not false and var annotated)
                could = annotated is true ? true : null;
        }

        return could;
    }

    /// <summary>The aliases of an Ingress that count: those of the controllers that may be the one to serve it, where that is known.</summary>
    public IEnumerable<HostAlias> AliasesOf(Ingress ingress) =>
        ingress.ServerAliases.IsEmpty ? [] : ingress.ServerAliases.Where(alias => CouldBeServedBy(alias.Reader!, ingress) is true);

    /// <summary>
    /// Whether one controller serves both Ingresses from the same routes; null where nobody can tell. A stored Ingress without a class has none: defaults are filled
    /// in on creation.
    /// </summary>
    /// <param name="ingress">One, which may yet get the default class.</param>
    /// <param name="other">Another one, as it is stored.</param>
    public bool? ShareRoutes(Ingress ingress, Ingress other)
    {
        if (!ingress.NamedClasses.Any())
            return ClassOf(ingress) is { IsKnown: true } mine ? ShareRoutes(mine.Name, ingress, other) : null;

        var isUnsure = false;
        foreach (var mine in ingress.NamedClasses)
        {
            var shared = ShareRoutes(mine, ingress, other);
            if (shared is true)
                return true;
            isUnsure |= shared is null;
        }

        return isUnsure ? null : false;
    }

    /// <summary>
    /// From whose routes an Ingress is served, for each class that it names. Two Ingresses share routes where one meets what the other takes: of two classes that
    /// are there the controller's name tells, and a class that is not there is served by the known controller that has it by default.
    /// </summary>
    public RouteScopes RouteScopesOf(Ingress ingress)
    {
        var (takes, meets) = (new HashSet<string>(), new HashSet<string>());
        foreach (var className in ingress.NamedClasses.DefaultIfEmpty(ClassOf(ingress).Name))
        {
            if (className is null)
                Add("no class");
            else
                AddScopesOf(className);
        }

        return new([.. takes], [.. meets]);

        void AddScopesOf(string className)
        {
            var found = Find<IngressClass>(null, className).Found;
            var known = found is null ? IngressController.OfClassName(className) : found.KnownController;
            switch (known?.Shares)
            {
                case RouteSharing.Nobody:
                    Add($"own of {ingress.Reference}");
                    break;
                case RouteSharing.Group:
                    Add(GroupOf(ingress) is { } group ? $"group {group}" : $"group of {ingress.Reference}");
                    break;
                case RouteSharing.Controller when found is null:
                    takes.Add($"default of {known.Id}");
                    meets.UnionWith([$"default of {known.Id}", $"class of {known.Id}"]);
                    break;
                case RouteSharing.Controller:
                    takes.UnionWith([$"controller {found.Controller}", $"class of {known.Id}"]);
                    meets.UnionWith([$"controller {found.Controller}", $"default of {known.Id}"]);
                    break;
                case null when found is not null:
                    Add($"controller {found.Controller}");
                    break;
                default:
                    Add($"class {className}");
                    break;
            }
        }

        void Add(string scope)
        {
            takes.Add(scope);
            meets.Add(scope);
        }
    }

    private bool? ShareRoutes(string? mine, Ingress ingress, Ingress other)
    {
        if (mine is null)
            return !other.NamedClasses.Any();

        var isUnsure = false;
        foreach (var theirs in other.NamedClasses)
        {
            var shared = ShareRoutes(mine, theirs, ingress, other);
            if (shared is true)
                return true;
            isUnsure |= shared is null;
        }

        return isUnsure ? null : false;
    }

    private bool? ShareRoutes(string mine, string theirs, Ingress ingress, Ingress other)
    {
        var (one, two) = (Find<IngressClass>(null, mine), mine == theirs ? default : Find<IngressClass>(null, theirs));
        var controller = one.Found is { } found ? found.KnownController : IngressController.OfClassName(mine);
        if (controller is { Shares: RouteSharing.Nobody } || (controller is { Shares: RouteSharing.Group } && GroupOf(ingress) is var group && (group is null || group != GroupOf(other))))
            return false;
        if (mine == theirs)
            return true;
        if (one.IsUnknown || two.IsUnknown)
            return null;

        // Of two classes that are there the controller's name tells. A class that is not there is served by the controller that has it by default.
        return controller is not { Shares: RouteSharing.Class } && (one.Found, two.Found) switch
        {
            ({ } first, { } second) => first.Controller == second.Controller,
            (null, { KnownController: { } known }) => known == controller,
            ({ }, null) => controller is not null && controller == IngressController.OfClassName(theirs),
            _ => controller is not null && controller == IngressController.OfClassName(theirs),
        };
    }

    private static string? GroupOf(Ingress ingress) => ingress.Metadata.Annotations["alb.ingress.kubernetes.io/group.name"];

    private bool? CouldServe(IngressController controller, string className)
    {
        var known = Find<IngressClass>(null, className);
        var serving = known.Found is { } found ? found.KnownController : IngressController.OfClassName(className);
        return serving is not null ? serving == controller : known.IsUnknown ? null : true;
    }

    /// <summary>How many keys each index has.</summary>
    internal ImmutableArray<int> CountKeys() => [.. Indexes.All.Select(index => index.CountKeys(_indexed[index.Place]))];

    /// <summary>The same state for one decision, which pays for every other object that it is shown.</summary>
    internal ClusterState Within(Budget budget)
    {
        var metered = (ClusterState)MemberwiseClone();
        metered._budget = budget;
        return metered;
    }

    /// <summary>Pays for a look at parts of other objects.</summary>
    internal void Spend(int steps) => _budget?.Spend(steps);

    private Entries<TObject> Find<TObject, TKey>(Index<TObject, TKey> index, TKey key)
        where TObject : KubernetesObject
        where TKey : notnull
    {
        var found = index.Find(_indexed[index.Place], key);
        _budget?.Spend(found.Count);
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

    private static Comparer<(string Created, string Name)> NewestFirstByName { get; } = Comparer<(string Created, string Name)>.Create((a, b) =>
        string.CompareOrdinal(a.Created, b.Created) is var order and not 0 ? order : string.CompareOrdinal(b.Name, a.Name));
}
