using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli;

/// <summary>The input of a check: objects that arrive together, and the cluster state.</summary>
internal sealed record Bundle
{
    /// <summary>The objects to check.</summary>
    public required ImmutableArray<Manifest> Manifests { get; init; }

    /// <summary>Whether every file was read; otherwise an object that is not there can be in a file that was not.</summary>
    public required bool IsWhole { get; init; }

    /// <summary>The other objects of the cluster; null if they are unknown.</summary>
    public required Cluster? Cluster { get; init; }

    /// <summary>The stored copies of the objects; null if they are unknown.</summary>
    public required ImmutableArray<Manifest>? Old { get; init; }

    /// <summary>The kinds of the objects to check. The check reads kinds that rules only look up, such as Secrets, when a rule needs them.</summary>
    public IEnumerable<ResourceKind> Kinds => Manifests.Select(manifest => manifest.Kind).OfType<ResourceKind>().Where(kind => kind.IsJudged).Distinct();

    /// <summary>The objects to check, by name.</summary>
    public IReadOnlySet<ObjectReference> References => ReadAll(Manifests).Select(sent => sent.Object.Reference).ToHashSet();

    /// <summary>The namespace of namespaced objects that name none.</summary>
    public required string Namespace { get; init; }

    /// <summary>The operation on the objects; null to update those with an old copy or in a live cluster, and to create the others.</summary>
    public required Operation? Operation { get; init; }

    /// <summary>The time of the request.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The user of the request.</summary>
    public required UserInfo User { get; init; }

    /// <summary>The object of a manifest; null if no rule checks its kind.</summary>
    public KubernetesObject? Read(Manifest manifest) => manifest.Kind is null ? null : manifest.Read(Namespace);

    /// <summary>The objects of manifests, without foreign kinds.</summary>
    public ImmutableArray<StoredObject> ReadAll(ImmutableArray<Manifest> manifests) =>
        [.. manifests.Where(manifest => manifest.Kind is not null).Select(manifest => new StoredObject(manifest.Read(Namespace), manifest) { Json = manifest.Json })];
}
