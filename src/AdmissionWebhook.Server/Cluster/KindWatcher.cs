using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Server.Claims;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>Keeps the objects of one kind in the state.</summary>
internal sealed class KindWatcher(
    ResourceKind kind, KubernetesApiClient client, Current<ClusterState> cluster, Current<PolicySet> policies, SeenIngresses seen, WatchStatus status, WatchTimes times, TimeProvider time, ILogger<KindWatcher> logger,
    long? memory = null)
    : Watcher<KubernetesObject>(kind.ListPath, client, status, times, time, logger)
{
    /// <summary>By default a fifth of the memory of the process: a tenant can store many Services and Ingresses.</summary>
    private readonly MemoryShares<KubernetesObject> _memory =
        new(memory ?? (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5), known => known.Metadata.Namespace, known => known.Size, known => known.ToStub());

    protected override bool IsWanted => !kind.IsWatchedOnDemand || policies.Value.Reads.Contains(kind);

    protected override void BeginList() => _memory.BeginList();

    protected override KubernetesObject Read(ReadOnlySpan<byte> json) => _memory.See(kind.Read(json));

    protected override ObjectName NameOf(KubernetesObject known) => new(known.Metadata.Namespace, known.Metadata.Name);

    protected override KubernetesObject? LastGood(ObjectName name) => cluster.Value.Find(ReferenceOf(name));

    protected override void Replace(IReadOnlyCollection<KubernetesObject> all)
    {
        _memory.EndList(all);
        cluster.Change(state => state.WithAll(kind, all));
    }

    protected override void Put(KubernetesObject changed)
    {
        var known = cluster.Value.Find(changed.Reference);
        var kept = _memory.Put(changed, known);
        cluster.Change(state => state.With(kept));
        if (known is null && changed is Ingress ingress)
            seen.See(ingress);
    }

    protected override void Remove(ObjectName gone)
    {
        _memory.Remove(cluster.Value.Find(ReferenceOf(gone)));
        cluster.Change(state => state.Without(ReferenceOf(gone)));
    }

    protected override void Forget() => cluster.Change(state => state.WithAll(kind, []).WithStale(kind));

    protected override void MarkUncertain() => cluster.Change(state => state.WithStale(kind));

    protected override void MarkCertain() => cluster.Change(state => state.WithKnown(kind));

    private ObjectReference ReferenceOf(ObjectName name) => new(kind, name.Namespace, name.Name);
}
