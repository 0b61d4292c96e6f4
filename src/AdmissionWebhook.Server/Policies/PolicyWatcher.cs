using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Policies;

/// <summary>Keeps the objects of one kind in the store. While the API server cannot be reached, what is known stays in force.</summary>
internal sealed class PolicyWatcher(
    CustomResource resource, KubernetesApiClient client, PolicyStore store, WatchStatus status, WatchTimes times, TimeProvider time, ILogger<PolicyWatcher> logger, long? memory = null)
    : Watcher<PolicyObject>(resource.CollectionPath, client, status, times, time, logger)
{
    /// <summary>By default a tenth of what the process may have: a tenant may be allowed to write many exemptions. Policies are the platform team's, and kept whole.</summary>
    private readonly MemoryShares<PolicyObject> _memory = new(
        memory ?? (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10), known => known.Namespace, known => known.Size, known => resource == CustomResource.Policies ? known : known.ToStub());

    protected override void BeginList() => _memory.BeginList();

    protected override PolicyObject Read(ReadOnlySpan<byte> json) => _memory.See(PolicyObject.Read(resource, json));

    protected override ObjectName NameOf(PolicyObject known) => new(known.Namespace, known.Name);

    /// <summary>An exemption that nobody can read exempts nothing.</summary>
    protected override PolicyObject? LastGood(ObjectName name) => resource == CustomResource.Policies ? store.Find(resource, name) : null;

    protected override void Replace(IReadOnlyCollection<PolicyObject> all)
    {
        _memory.EndList(all);
        store.Replace(resource, all);
    }

    protected override void Put(PolicyObject changed) => store.Put(_memory.Put(changed, store.Find(resource, NameOf(changed))));

    protected override void Remove(ObjectName gone)
    {
        _memory.Remove(store.Find(resource, gone));
        store.Remove(resource, gone);
    }
}
