using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli.Clusters;

/// <summary>The cluster state, from manifests or an API server.</summary>
/// <param name="State">The state for rules.</param>
/// <param name="Objects">All objects, in the order of their source.</param>
internal sealed record Cluster(ClusterState State, ImmutableArray<StoredObject> Objects)
{
    /// <summary>The cluster state is unknown.</summary>
    public static Cluster Unknown { get; } = new(ClusterState.Unknown, []);

    /// <summary>Whether it comes from an API server.</summary>
    public bool IsLive { get; init; }

    /// <summary>The kinds that could not be listed, with the reason; one line each.</summary>
    public ImmutableArray<string> Gaps { get; init; } = [];

    /// <summary>The same objects, where an object that is not there is not known to be missing.</summary>
    public Cluster WithGaps() => this with { State = ResourceKind.All.Aggregate(State, (state, kind) => state.WithStale(kind)) };

    /// <summary>Exactly the objects of these manifests.</summary>
    /// <param name="manifests">The manifests; objects of foreign kinds are ignored.</param>
    /// <param name="defaultNamespace">The namespace of namespaced objects that name none.</param>
    public static Cluster Of(ImmutableArray<Manifest> manifests, string defaultNamespace)
    {
        var ours = manifests.Where(manifest => manifest.Kind is not null);
        ImmutableArray<StoredObject> objects = [.. ours.Select(manifest => new StoredObject(manifest.Read(defaultNamespace), manifest) { Json = manifest.Json })];
        return new(ClusterState.Empty.With(objects.Select(stored => stored.Object)), objects);
    }
}

/// <summary>An object that exists.</summary>
/// <param name="Object">The object.</param>
/// <param name="Manifest">Its manifest; null for an object from an API server.</param>
internal sealed record StoredObject(KubernetesObject Object, Manifest? Manifest)
{
    /// <summary>Its complete JSON, UTF-8; null if it was not kept, because a cluster holds many objects.</summary>
    public byte[]? Json { get; init; }
}
