using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>Keeps the objects of one kind in the state.</summary>
internal sealed class KindWatcher(
    ResourceKind kind, KubernetesApiClient client, Current<ClusterState> cluster, Current<PolicySet> policies, WatchStatus status, WatchTimes times, TimeProvider time, ILogger<KindWatcher> logger)
    : Watcher<KubernetesObject>(kind.ListPath, client, status, times, time, logger)
{
    protected override bool IsWanted => !kind.IsWatchedOnDemand || policies.Value.Reads.Contains(kind);

    protected override KubernetesObject Read(ReadOnlySpan<byte> json) => kind.Read(json);

    protected override ObjectName NameOf(KubernetesObject known) => new(known.Metadata.Namespace, known.Metadata.Name);

    protected override KubernetesObject? LastGood(ObjectName name) => cluster.Value.Find(ReferenceOf(name));

    protected override void Replace(IReadOnlyCollection<KubernetesObject> all) => cluster.Change(state => state.WithAll(kind, all));

    protected override void Put(KubernetesObject changed) => cluster.Change(state => state.With(changed));

    protected override void Remove(ObjectName gone) => cluster.Change(state => state.Without(ReferenceOf(gone)));

    protected override void Forget() => cluster.Change(state => state.WithAll(kind, []).WithStale(kind));

    protected override void Doubt() => cluster.Change(state => state.WithStale(kind));

    protected override void Trust() => cluster.Change(state => state.WithKnown(kind));

    private ObjectReference ReferenceOf(ObjectName name) => new(kind, name.Namespace, name.Name);
}
