namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Shares the memory for the objects of one collection among their namespaces. When it is full, a namespace with more than its fair share gets no
/// more: it keeps new objects only as stubs. So a tenant that fills the API server loses only its own objects; all others stay known.
/// </summary>
/// <param name="capacity">In bytes.</param>
/// <param name="spaceOf">The namespace of an object; null if it has none.</param>
/// <param name="sizeOf">How many bytes an object takes.</param>
/// <param name="toStub">The stub of an object without room.</param>
internal sealed class MemoryShares<T>(long capacity, Func<T, string?> spaceOf, Func<T, long> sizeOf, Func<T, T> toStub)
    where T : class
{
    private Taken _kept = new(capacity);

    /// <summary>The memory of a list in progress: until its end the objects of the former list stay in memory, and count.</summary>
    private Taken? _listed;

    /// <summary>From here on <see cref="See"/> gets objects of a list. It forgets the memory of an aborted list.</summary>
    public void BeginList() => _listed = new(capacity);

    /// <summary>The object or its stub, for an object that was read. Outside a list a later call stores it.</summary>
    public T See(T read) => _listed is null ? read : Keep(read, _listed);

    /// <summary>The list ended with these objects.</summary>
    public void EndList(IReadOnlyCollection<T> all)
    {
        (_kept, _listed) = (new(capacity), null);
        foreach (var each in all)
            _kept.Count(spaceOf(each) ?? "", sizeOf(each));
    }

    /// <summary>The object or its stub, which replaces the known object; the known object is null for a new one.</summary>
    public T Put(T changed, T? known)
    {
        Remove(known);
        return Keep(changed, _kept);
    }

    /// <summary>Releases the memory of a known object.</summary>
    public void Remove(T? known)
    {
        if (known is not null)
            _kept.Count(spaceOf(known) ?? "", -sizeOf(known));
    }

    private T Keep(T read, Taken taken)
    {
        var @namespace = spaceOf(read) ?? "";
        var kept = taken.HasRoomFor(@namespace, sizeOf(read)) ? read : toStub(read);
        taken.Count(@namespace, sizeOf(kept));
        return kept;
    }

    private sealed class Taken(long capacity)
    {
        private readonly Dictionary<string, long> _bySpace = [];
        private long _total;

        public bool HasRoomFor(string @namespace, long size) => _total + size <= capacity || _bySpace.GetValueOrDefault(@namespace) + size <= FairShare(@namespace);

        public void Count(string @namespace, long size)
        {
            _total += size;
            if ((_bySpace[@namespace] = _bySpace.GetValueOrDefault(@namespace) + size) <= 0)
                _bySpace.Remove(@namespace);
        }

        /// <summary>The fair share of each namespace; namespaces below it get all they need.</summary>
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
