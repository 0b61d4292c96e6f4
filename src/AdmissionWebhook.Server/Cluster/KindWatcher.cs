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

    protected override object KeyOf(KubernetesObject known) => known.Reference;

    protected override void Replace(IReadOnlyCollection<KubernetesObject> all) => cluster.Change(state => state.WithAll(kind, all));

    protected override void Put(KubernetesObject changed) => cluster.Change(state => state.With(changed));

    protected override void Remove(KubernetesObject gone) => cluster.Change(state => state.Without(gone.Reference));

    protected override void Forget() => cluster.Change(state => state.WithAll(kind, []).WithStale(kind));

    protected override void Doubt() => cluster.Change(state => state.WithStale(kind));

    protected override void Trust() => cluster.Change(state => state.WithKnown(kind));
}
