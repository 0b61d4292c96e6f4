using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Shares out the memory for the objects of a kind. While all of it is taken, who has more than a fair share of it gets no more: new objects of that namespace are kept
/// as stubs. A tenant who stores as much as the API server takes is known less and less, and nobody else is.
/// </summary>
/// <param name="capacity">In bytes, as <see cref="KubernetesObject.Size"/> reckons them.</param>
internal sealed class MemoryShares(long capacity)
{
    private readonly Dictionary<string, long> _bySpace = [];
    private long _total;

    /// <summary>What is kept of an object that was read.</summary>
    /// <param name="read">The object.</param>
    /// <param name="known">What is kept of its version before; null for a new one.</param>
    public KubernetesObject Keep(KubernetesObject read, KubernetesObject? known)
    {
        var space = read.Metadata.Namespace ?? "";
        Add(space, -(known?.Size ?? 0));
        var kept = _total + read.Size > capacity && _bySpace.GetValueOrDefault(space) + read.Size > FairShare() ? read.ToStub() : read;
        Add(space, kept.Size);
        return kept;
    }

    /// <summary>An object is gone.</summary>
    public void Remove(KubernetesObject? known)
    {
        if (known is not null)
            Add(known.Metadata.Namespace ?? "", -known.Size);
    }

    /// <summary>These are all the objects that are kept.</summary>
    public void Recount(IEnumerable<KubernetesObject> all)
    {
        _bySpace.Clear();
        _total = 0;
        foreach (var known in all)
            Add(known.Metadata.Namespace ?? "", known.Size);
    }

    /// <summary>What each namespace may have, so that those that have less get all they want.</summary>
    private long FairShare()
    {
        var (left, sharing) = (capacity, _bySpace.Count);
        foreach (var taken in _bySpace.Values.Order())
        {
            if (taken > left / sharing)
                return left / sharing;
            left -= taken;
            sharing--;
        }

        return left;
    }

    private void Add(string space, long size)
    {
        _total += size;
        if ((_bySpace[space] = _bySpace.GetValueOrDefault(space) + size) <= 0)
            _bySpace.Remove(space);
    }
}
