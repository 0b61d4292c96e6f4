using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Policies;

/// <summary>Keeps the objects of one kind in the store. While the API server cannot be reached, what is known stays in force.</summary>
internal sealed class PolicyWatcher(
    CustomResource resource, KubernetesApiClient client, PolicyStore store, WatchStatus status, WatchTimes times, TimeProvider time, ILogger<PolicyWatcher> logger)
    : Watcher<PolicyObject>(resource.CollectionPath, client, status, times, time, logger)
{
    /// <summary>A tenth of what the process may have; of exemptions a tenant may be allowed to write many.</summary>
    private static readonly long Capacity = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10;

    private MemoryShares _shares = new(Capacity);
    private MemoryShares? _listed;

    protected override void BeginList() => _listed = new(Capacity);

    protected override PolicyObject Read(ReadOnlySpan<byte> json)
    {
        var read = PolicyObject.Read(resource, json);
        return _listed is null ? read : Keep(read, _listed);
    }

    protected override ObjectName NameOf(PolicyObject known) => new(known.Namespace, known.Name);

    /// <summary>An exemption that nobody can read exempts nothing.</summary>
    protected override PolicyObject? LastGood(ObjectName name) => resource == CustomResource.Policies ? store.Find(resource, name) : null;

    protected override void Replace(IReadOnlyCollection<PolicyObject> all)
    {
        (_shares, _listed) = (new(Capacity), null);
        foreach (var known in all)
            _shares.Count(known.Namespace, known.Size);
        store.Replace(resource, all);
    }

    protected override void Put(PolicyObject changed)
    {
        _shares.Count(changed.Namespace, -(store.Find(resource, NameOf(changed))?.Size ?? 0));
        store.Put(Keep(changed, _shares));
    }

    protected override void Remove(ObjectName gone)
    {
        _shares.Count(gone.Namespace, -(store.Find(resource, gone)?.Size ?? 0));
        store.Remove(resource, gone);
    }

    private PolicyObject Keep(PolicyObject read, MemoryShares shares)
    {
        var kept = resource == CustomResource.Policies || shares.HasRoomFor(read.Namespace, read.Size) ? read : read.ToStub();
        shares.Count(kept.Namespace, kept.Size);
        return kept;
    }
}
