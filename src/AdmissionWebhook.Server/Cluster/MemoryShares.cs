namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Shares out the memory for the objects of one collection among their namespaces. When it is full, a namespace that has more than its fair share gets no more: its new objects
/// are kept as stubs. So the objects of a tenant who stores as much as the API server takes are known less and less, and those of all others stay known.
/// </summary>
/// <param name="capacity">In bytes.</param>
/// <param name="spaceOf">The namespace of an object; null where it has none.</param>
/// <param name="sizeOf">How many bytes an object takes.</param>
/// <param name="toStub">What is kept of an object without room.</param>
internal sealed class MemoryShares<T>(long capacity, Func<T, string?> spaceOf, Func<T, long> sizeOf, Func<T, T> toStub)
    where T : class
{
    private Taken _kept = new(capacity);

    /// <summary>By the objects of a list that has not ended: until it has, those of the list before stay in memory, and count.</summary>
    private Taken? _listed;

    /// <summary>What <see cref="See"/> is given from here on is part of a list. What an aborted list took is forgotten.</summary>
    public void BeginList() => _listed = new(capacity);

    /// <summary>What to keep of an object that has been read. Outside a list it is put later.</summary>
    public T See(T read) => _listed is null ? read : Keep(read, _listed);

    /// <summary>The list has ended, and these are its objects.</summary>
    public void EndList(IReadOnlyCollection<T> all)
    {
        (_kept, _listed) = (new(capacity), null);
        foreach (var each in all)
            _kept.Count(spaceOf(each) ?? "", sizeOf(each));
    }

    /// <summary>What to keep of an object in the place of what is known of it, which is null when it is new.</summary>
    public T Put(T changed, T? known)
    {
        Remove(known);
        return Keep(changed, _kept);
    }

    /// <summary>What was known of an object is no longer kept.</summary>
    public void Remove(T? known)
    {
        if (known is not null)
            _kept.Count(spaceOf(known) ?? "", -sizeOf(known));
    }

    private T Keep(T read, Taken taken)
    {
        var space = spaceOf(read) ?? "";
        var kept = taken.HasRoomFor(space, sizeOf(read)) ? read : toStub(read);
        taken.Count(space, sizeOf(kept));
        return kept;
    }

    private sealed class Taken(long capacity)
    {
        private readonly Dictionary<string, long> _bySpace = [];
        private long _total;

        public bool HasRoomFor(string space, long size) => _total + size <= capacity || _bySpace.GetValueOrDefault(space) + size <= FairShare(space);

        public void Count(string space, long size)
        {
            _total += size;
            if ((_bySpace[space] = _bySpace.GetValueOrDefault(space) + size) <= 0)
                _bySpace.Remove(space);
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
}
