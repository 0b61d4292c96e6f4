using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli;

/// <summary>What a user asks to have judged: objects that arrive together, and what is known besides.</summary>
internal sealed record Bundle
{
    /// <summary>The objects to judge.</summary>
    public required ImmutableArray<Manifest> Manifests { get; init; }

    /// <summary>What else exists; null where nobody says.</summary>
    public required Cluster? Cluster { get; init; }

    /// <summary>The stored copies of the objects; null where nobody says.</summary>
    public required ImmutableArray<Manifest>? Old { get; init; }

    /// <summary>The kinds of the objects to judge. What is only looked up, Secrets among it, is asked of a cluster when a rule wants it.</summary>
    public IEnumerable<ResourceKind> Kinds => Manifests.Select(manifest => manifest.Kind).OfType<ResourceKind>().Where(kind => kind.IsJudged).Distinct();

    /// <summary>The objects to judge, by name.</summary>
    public IReadOnlySet<ObjectReference> References => ReadAll(Manifests).Select(sent => sent.Object.Reference).ToHashSet();

    /// <summary>The namespace of namespaced objects that name none.</summary>
    public required string Namespace { get; init; }

    /// <summary>What is done with the objects; null to change those with an old copy or in a live cluster, and to create the others.</summary>
    public required Operation? Operation { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who does it.</summary>
    public required UserInfo User { get; init; }

    /// <summary>The object of a manifest; null where its kind is not judged.</summary>
    public KubernetesObject? Read(Manifest manifest) => manifest.Kind is null ? null : manifest.Read(Namespace);

    /// <summary>The objects of manifests, those of foreign kinds left out.</summary>
    public ImmutableArray<StoredObject> ReadAll(ImmutableArray<Manifest> manifests) =>
        [.. manifests.Where(manifest => manifest.Kind is not null).Select(manifest => new StoredObject(manifest.Read(Namespace), manifest) { Json = manifest.Json })];
}
