namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Shares out the memory for the objects of a kind. While all of it is taken, who has more than a fair share of it gets no more: new objects of that namespace are kept
/// as stubs. A tenant who stores as much as the API server takes is known less and less, and nobody else is.
/// </summary>
/// <param name="capacity">In bytes.</param>
internal sealed class MemoryShares(long capacity)
{
    private readonly Dictionary<string, long> _bySpace = [];
    private long _total;

    /// <summary>Whether an object of so many bytes may be kept whole. Nothing is counted by that.</summary>
    public bool HasRoomFor(string? space, long size) => _total + size <= capacity || _bySpace.GetValueOrDefault(space ?? "") + size <= FairShare(space ?? "");

    /// <summary>So many bytes more are kept of a namespace's objects, or fewer.</summary>
    public void Count(string? space, long size)
    {
        _total += size;
        if ((_bySpace[space ?? ""] = _bySpace.GetValueOrDefault(space ?? "") + size) <= 0)
            _bySpace.Remove(space ?? "");
    }

    /// <summary>What each namespace may have, so that those that have less get all they want.</summary>
    private long FairShare(string newcomer)
    {
        var (left, sharing) = (capacity, _bySpace.Count + (_bySpace.ContainsKey(newcomer) ? 0 : 1));
        foreach (var taken in _bySpace.Values.Order())
        {
            if (taken > left / sharing)
                return left / sharing;
            left -= taken;
            sharing--;
        }

        return left;
    }
}
