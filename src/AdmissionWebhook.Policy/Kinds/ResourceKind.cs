using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>A kind of object the webhook knows: its names in the API, and how it is read.</summary>
public sealed class ResourceKind
{
    private readonly ObjectFactory _read;
    private readonly ImmutableArray<string> _groups;

    private ResourceKind(string apiVersion, string name, string plural, bool namespaced, Type type, ObjectFactory read, params ImmutableArray<string> formerGroups)
    {
        ApiVersion = apiVersion;
        Name = name;
        Plural = plural;
        IsNamespaced = namespaced;
        Type = type;
        _read = read;
        _groups = [GroupOf(apiVersion).ToString(), .. formerGroups];
    }

    private delegate KubernetesObject ObjectFactory(ref ObjectReader json);

    /// <summary>core/v1 Service.</summary>
    public static ResourceKind Service { get; } =
        new("v1", "Service", "services", true, typeof(Service), Kinds.Service.Read);

    /// <summary>networking.k8s.io/v1 Ingress; older clusters and manifests have it in the group extensions.</summary>
    public static ResourceKind Ingress { get; } =
        new("networking.k8s.io/v1", "Ingress", "ingresses", true, typeof(Ingress), Kinds.Ingress.Read, "extensions");

    /// <summary>networking.k8s.io/v1 IngressClass.</summary>
    public static ResourceKind IngressClass { get; } =
        new("networking.k8s.io/v1", "IngressClass", "ingressclasses", false, typeof(IngressClass), Kinds.IngressClass.Read);

    /// <summary>core/v1 Namespace: never validated, but policies select by its labels.</summary>
    public static ResourceKind Namespace { get; } =
        new("v1", "Namespace", "namespaces", false, typeof(Namespace), Kinds.Namespace.Read) { IsJudged = false };

    /// <summary>discovery.k8s.io/v1 EndpointSlice: never validated, and watched only while a rule looks it up.</summary>
    public static ResourceKind EndpointSlice { get; } =
        new("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", true, typeof(EndpointSlice), Kinds.EndpointSlice.Read) { IsJudged = false, IsWatchedOnDemand = true };

    /// <summary>core/v1 Secret, only those with certificates: never validated, and watched only while a rule looks it up.</summary>
    public static ResourceKind Secret { get; } =
        new("v1", "Secret", "secrets", true, typeof(Secret), Kinds.Secret.Read) { IsJudged = false, IsWatchedOnDemand = true, FieldSelector = "type=kubernetes.io/tls" };

    /// <summary>Every known kind.</summary>
    public static ImmutableArray<ResourceKind> All { get; } = [Service, Ingress, IngressClass, Namespace, EndpointSlice, Secret];

    /// <summary>Group and version in which it is served and stored.</summary>
    public string ApiVersion { get; }

    /// <summary>Its group; empty for the core group.</summary>
    public string ApiGroup => _groups[0];

    /// <summary>The kind as written in a manifest.</summary>
    public string Name { get; }

    /// <summary>The resource as written in a URL or in RBAC.</summary>
    public string Plural { get; }

    /// <summary>Where an API server keeps its objects, of every namespace: <c>apis/networking.k8s.io/v1/ingresses</c>.</summary>
    public string CollectionPath => $"{VersionPath}/{Plural}";

    /// <summary>The same with the selection of <see cref="FieldSelector"/>, to list and watch.</summary>
    public string ListPath => FieldSelector is null ? CollectionPath : $"{CollectionPath}?fieldSelector={Uri.EscapeDataString(FieldSelector)}";

    /// <summary>Whether its objects live in a namespace.</summary>
    public bool IsNamespaced { get; }

    /// <summary>Whether rules validate its objects. Other kinds are only looked up.</summary>
    public bool IsJudged { get; private init; } = true;

    /// <summary>Whether its objects are so many, change so often or are so private that they are watched only while an active rule looks them up.</summary>
    public bool IsWatchedOnDemand { get; private init; }

    /// <summary>Which of its objects are listed and watched, as the API server selects by fields; null for all.</summary>
    public string? FieldSelector { get; private init; }

    /// <summary>The class its objects are read into.</summary>
    public Type Type { get; }

    internal string VersionPath => (ApiVersion.Contains('/', StringComparison.Ordinal) ? "apis/" : "api/") + ApiVersion;

    /// <summary>The kind read into <typeparamref name="T"/>.</summary>
    public static ResourceKind Of<T>() where T : KubernetesObject => KindOf<T>.Value;

    /// <summary>
    /// The kind of an apiVersion and kind, or null if the webhook does not know it. Any version of the group counts: it is safer to validate an
    /// object of an outdated version than to allow it.
    /// </summary>
    public static ResourceKind? Find(string? apiVersion, string? name) => FindInGroup(GroupOf(apiVersion), name);

    /// <summary>The same by the group alone, which is empty for the core group.</summary>
    public static ResourceKind? FindInGroup(ReadOnlySpan<char> group, string? name)
    {
        foreach (var kind in All)
        {
            if (kind.Name == name && kind.IsOfGroup(group))
                return kind;
        }

        return null;
    }

    /// <summary>Reads one object of this kind.</summary>
    /// <param name="json">The object, UTF-8.</param>
    /// <param name="apiVersion">The apiVersion it is written in.</param>
    /// <param name="defaultNamespace">The namespace of an object that names none; ignored for cluster-scoped kinds.</param>
    /// <exception cref="System.Text.Json.JsonException">The text is not JSON.</exception>
    public KubernetesObject Read(ReadOnlySpan<byte> json, string? apiVersion = null, string? defaultNamespace = null)
    {
        apiVersion ??= ApiVersion;
        var reader = new ObjectReader(json, apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        return Read(ref reader, defaultNamespace);
    }

    /// <summary>Reads one object inside a larger text as if it stood alone; null where the value is null.</summary>
    public KubernetesObject? ReadInside(ref ObjectReader json, string apiVersion, string? defaultNamespace)
    {
        if (json.IsNull)
            return null;

        var around = json.BeginInside(apiVersion);
        var read = Read(ref json, defaultNamespace);
        json.EndInside(around);
        return read;
    }

    internal KubernetesObject Read(ref ObjectReader json, string? defaultNamespace)
    {
        var read = _read(ref json);
        read.Complete(this, IsJudged ? json.Malformed : [], json.Excesses, IsNamespaced ? defaultNamespace : null);
        return read;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static ReadOnlySpan<char> GroupOf(string? apiVersion) =>
        apiVersion?.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? apiVersion.AsSpan(0, slash) : "";

    private bool IsOfGroup(ReadOnlySpan<char> group)
    {
        foreach (var known in _groups)
        {
            if (group.SequenceEqual(known))
                return true;
        }

        return false;
    }

    private static class KindOf<T>
    {
        public static readonly ResourceKind Value = All.Single(kind => kind.Type == typeof(T));
    }
}
