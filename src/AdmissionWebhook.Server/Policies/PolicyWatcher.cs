using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Policies;

/// <summary>Keeps the objects of one kind in the store. While the API server cannot be reached, what is known stays in force.</summary>
internal sealed class PolicyWatcher(
    CustomResource resource, KubernetesApiClient client, PolicyStore store, WatchStatus status, WatchTimes times, TimeProvider time, ILogger<PolicyWatcher> logger)
    : Watcher<PolicyObject>(resource.CollectionPath, client, status, times, time, logger)
{
    protected override PolicyObject Read(ReadOnlySpan<byte> json) => PolicyObject.Read(resource, json);

    protected override ObjectName NameOf(PolicyObject known) => new(known.Namespace, known.Name);

    /// <summary>An exemption that nobody can read exempts nothing.</summary>
    protected override PolicyObject? LastGood(ObjectName name) => resource == CustomResource.Policies ? store.Find(resource, name) : null;

    protected override void Replace(IReadOnlyCollection<PolicyObject> all) => store.Replace(resource, all);

    protected override void Put(PolicyObject changed) => store.Put(changed);

    protected override void Remove(ObjectName gone) => store.Remove(resource, gone);
}
