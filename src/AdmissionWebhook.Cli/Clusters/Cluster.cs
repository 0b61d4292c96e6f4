using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Cli.Clusters;

/// <summary>What exists, as manifests or an API server tell.</summary>
/// <param name="State">It, for rules to look things up in.</param>
/// <param name="Objects">All of it, in the order in which it was told.</param>
internal sealed record Cluster(ClusterState State, ImmutableArray<StoredObject> Objects)
{
    /// <summary>Nobody tells what exists.</summary>
    public static Cluster Unknown { get; } = new(ClusterState.Unknown, []);

    /// <summary>Whether it was read from an API server.</summary>
    public bool IsLive { get; init; }

    /// <summary>What of it could not be told, and why; one line each.</summary>
    public ImmutableArray<string> Gaps { get; init; } = [];

    /// <summary>All that these manifests say, and nothing besides.</summary>
    /// <param name="manifests">Those of foreign kinds are left out.</param>
    /// <param name="defaultNamespace">The namespace of namespaced objects that name none.</param>
    public static Cluster Of(ImmutableArray<Manifest> manifests, string defaultNamespace)
    {
        var ours = manifests.Where(manifest => manifest.Kind is not null);
        ImmutableArray<StoredObject> objects = [.. ours.Select(manifest => new StoredObject(manifest.Read(defaultNamespace), manifest) { Json = manifest.Json })];
        return new(ClusterState.Empty.With(objects.Select(stored => stored.Object)), objects);
    }
}

/// <summary>An object that exists.</summary>
/// <param name="Object">It.</param>
/// <param name="Manifest">Where it is written; null for one read from an API server.</param>
internal sealed record StoredObject(KubernetesObject Object, Manifest? Manifest)
{
    /// <summary>All of it, UTF-8; null where it was not kept, since a cluster holds a great many.</summary>
    public byte[]? Json { get; init; }
}
