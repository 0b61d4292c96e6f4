using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Server.Claims;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>Keeps the objects of one kind in the state.</summary>
internal sealed class KindWatcher(
    ResourceKind kind, KubernetesApiClient client, Current<ClusterState> cluster, Current<PolicySet> policies, SeenIngresses seen, WatchStatus status, WatchTimes times, TimeProvider time, ILogger<KindWatcher> logger,
    long? memory = null)
    : Watcher<KubernetesObject>(kind.ListPath, client, status, times, time, logger)
{
    /// <summary>By default a fifth of what the process may have: Services and Ingresses are the kinds of which a tenant can store many.</summary>
    private readonly long _memory = memory ?? (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5);

    private MemoryShares _shares = new(0);

    /// <summary>Of a list that is under way; null where there is none.</summary>
    private MemoryShares? _listed;

    protected override bool IsWanted => !kind.IsWatchedOnDemand || policies.Value.Reads.Contains(kind);

    protected override void BeginList() => _listed = new(_memory);

    protected override KubernetesObject Read(ReadOnlySpan<byte> json)
    {
        var read = kind.Read(json);
        return _listed is null ? read : Keep(read, _listed);
    }

    protected override ObjectName NameOf(KubernetesObject known) => new(known.Metadata.Namespace, known.Metadata.Name);

    protected override KubernetesObject? LastGood(ObjectName name) => cluster.Value.Find(ReferenceOf(name));

    protected override void Replace(IReadOnlyCollection<KubernetesObject> all)
    {
        (_shares, _listed) = (new(_memory), null);
        foreach (var known in all)
            _shares.Count(known.Metadata.Namespace, known.Size);
        cluster.Change(state => state.WithAll(kind, all));
    }

    protected override void Put(KubernetesObject changed)
    {
        var known = cluster.Value.Find(changed.Reference);
        _shares.Count(changed.Metadata.Namespace, -(known?.Size ?? 0));
        var kept = Keep(changed, _shares);
        cluster.Change(state => state.With(kept));
        if (known is null && changed is Ingress ingress)
            seen.See(ingress);
    }

    protected override void Remove(ObjectName gone)
    {
        _shares.Count(gone.Namespace, -(cluster.Value.Find(ReferenceOf(gone))?.Size ?? 0));
        cluster.Change(state => state.Without(ReferenceOf(gone)));
    }

    protected override void Forget() => cluster.Change(state => state.WithAll(kind, []).WithStale(kind));

    protected override void Doubt() => cluster.Change(state => state.WithStale(kind));

    protected override void Trust() => cluster.Change(state => state.WithKnown(kind));

    private static KubernetesObject Keep(KubernetesObject read, MemoryShares shares)
    {
        var kept = shares.HasRoomFor(read.Metadata.Namespace, read.Size) ? read : read.ToStub();
        shares.Count(kept.Metadata.Namespace, kept.Size);
        return kept;
    }

    private ObjectReference ReferenceOf(ObjectName name) => new(kind, name.Namespace, name.Name);
}
