using System.Runtime.InteropServices;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>Values that take turns, each under its key. A new value comes last. Every operation takes constant time.</summary>
internal sealed class Rotation<TKey, TValue> where TKey : notnull where TValue : class, new()
{
    private readonly Dictionary<TKey, LinkedListNode<TValue>> _nodes = [];
    private readonly LinkedList<TValue> _turns = new();

    public bool IsEmpty => _turns.Count == 0;

    /// <summary>All values; the next one comes first.</summary>
    public IEnumerable<TValue> Values => _turns;

    public TValue? Find(TKey key) => _nodes.TryGetValue(key, out var node) ? node.Value : null;

    public TValue GetOrAdd(TKey key)
    {
        ref var node = ref CollectionsMarshal.GetValueRefOrAddDefault(_nodes, key, out var exists);
        if (!exists)
            node = _turns.AddLast(new TValue());
        return node!.Value;
    }

    /// <summary>The next value; its next turn comes after all others. There must be one.</summary>
    public TValue Next()
    {
        var node = _turns.First!;
        _turns.Remove(node);
        _turns.AddLast(node);
        return node.Value;
    }

    public void Remove(TKey key)
    {
        if (_nodes.Remove(key, out var node))
            _turns.Remove(node);
    }
}
