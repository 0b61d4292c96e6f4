using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Policies;

/// <summary>Keeps the objects of one kind in the store. While the API server is unreachable, known policies stay in force.</summary>
internal sealed class PolicyWatcher(
    CustomResource resource, KubernetesApiClient client, PolicyStore store, WatchStatus status, WatchTimes times, TimeProvider time, ILogger<PolicyWatcher> logger, long? memory = null)
    : Watcher<PolicyObject>(resource.CollectionPath, client, status, times, time, logger)
{
    /// <summary>
    /// By default a tenth of the memory of the process: a tenant can have the permission to write many exemptions. The platform team writes policies,
    /// so they are kept whole.
    /// </summary>
    private readonly MemoryShares<PolicyObject> _memory = new(
        memory ?? (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10), known => known.Namespace, known => known.Size, known => resource == CustomResource.Policies ? known : known.ToStub());

    protected override void BeginList() => _memory.BeginList();

    protected override PolicyObject Read(ReadOnlySpan<byte> json) => _memory.See(PolicyObject.Read(resource, json));

    protected override ObjectName NameOf(PolicyObject known) => new(known.Namespace, known.Name);

    /// <summary>An unreadable exemption exempts nothing.</summary>
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
