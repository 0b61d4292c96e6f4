using System.Diagnostics.CodeAnalysis;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>
/// An immutable dictionary for tens of thousands of entries. Two levels of 64 branches lead to a handful of entries: a lookup visits three
/// places of memory, where the balanced tree of <see cref="ImmutableDictionary{TKey, TValue}"/> visits fifteen, and a change copies a kilobyte.
/// </summary>
public sealed class HashTrie<TKey, TValue> where TKey : notnull
{
    private const int Fan = 64;

    private static readonly Entry[][] NoLeaves = [.. Enumerable.Repeat<Entry[]>([], Fan)];

    private readonly Entry[][][] _branches;

    /// <summary>No entries.</summary>
    public HashTrie()
        : this([.. Enumerable.Repeat(NoLeaves, Fan)], 0)
    {
    }

    private HashTrie(Entry[][][] branches, int count) => (_branches, Count) = (branches, count);

    /// <summary>How many entries there are.</summary>
    public int Count { get; }

    /// <summary>Every key, in no order.</summary>
    public IEnumerable<TKey> Keys => Entries.Select(entry => entry.Key);

    /// <summary>Every value, in no order.</summary>
    public IEnumerable<TValue> Values => Entries.Select(entry => entry.Value);

    private IEnumerable<Entry> Entries => _branches.SelectMany(leaves => leaves).SelectMany(leaf => leaf);

    /// <summary>The value of a key that is there.</summary>
    /// <exception cref="KeyNotFoundException">It is not.</exception>
    public TValue this[TKey key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no {key}.");

    /// <summary>Whether the key is there, and its value.</summary>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var hash = key.GetHashCode();
        var leaf = LeafOf(hash);
        var place = Find(leaf, hash, key);
        value = place >= 0 ? leaf[place].Value : default;
        return place >= 0;
    }

    /// <summary>The value of a key, or <paramref name="other"/> where it is not there.</summary>
    public TValue GetValueOrDefault(TKey key, TValue other) => TryGetValue(key, out var value) ? value : other;

    /// <summary>The same entries, with this value of a key.</summary>
    public HashTrie<TKey, TValue> SetItem(TKey key, TValue value)
    {
        var entry = new Entry(key.GetHashCode(), key, value);
        var leaf = LeafOf(entry.Hash);
        return Find(leaf, entry.Hash, key) is >= 0 and var place
            ? With(entry.Hash, Replace(leaf, place, entry), Count)
            : With(entry.Hash, [.. leaf, entry], Count + 1);
    }

    /// <summary>The same entries without a key's, if it has one.</summary>
    public HashTrie<TKey, TValue> Remove(TKey key)
    {
        var hash = key.GetHashCode();
        var leaf = LeafOf(hash);
        return Find(leaf, hash, key) is >= 0 and var place ? With(hash, [.. leaf[..place], .. leaf[(place + 1)..]], Count - 1) : this;
    }

    /// <summary>To make many changes with.</summary>
    public Builder ToBuilder() => new(this);

    private static int Find(Entry[] leaf, int hash, TKey key)
    {
        for (var i = 0; i < leaf.Length; i++)
        {
            if (leaf[i].Hash == hash && EqualityComparer<TKey>.Default.Equals(leaf[i].Key, key))
                return i;
        }

        return -1;
    }

    private static T[] Replace<T>(T[] items, int place, T item)
    {
        T[] copy = [.. items];
        copy[place] = item;
        return copy;
    }

    private static int BranchOf(int hash) => hash & (Fan - 1);

    private static int TwigOf(int hash) => (hash >> 6) & (Fan - 1);

    private Entry[] LeafOf(int hash) => _branches[BranchOf(hash)][TwigOf(hash)];

    private HashTrie<TKey, TValue> With(int hash, Entry[] leaf, int count) =>
        new(Replace(_branches, BranchOf(hash), Replace(_branches[BranchOf(hash)], TwigOf(hash), leaf)), count);

    /// <summary>What becomes the next map, change by change.</summary>
    public sealed class Builder(HashTrie<TKey, TValue> map)
    {
        private HashTrie<TKey, TValue> _map = map;

        /// <summary>The value of a key that is there; or gives it one.</summary>
        /// <exception cref="KeyNotFoundException">It is not.</exception>
        public TValue this[TKey key]
        {
            get => _map[key];
            set => _map = _map.SetItem(key, value);
        }

        /// <inheritdoc cref="HashTrie{TKey, TValue}.TryGetValue"/>
        public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => _map.TryGetValue(key, out value);

        /// <inheritdoc cref="HashTrie{TKey, TValue}.GetValueOrDefault"/>
        public TValue GetValueOrDefault(TKey key, TValue other) => _map.GetValueOrDefault(key, other);

        /// <summary>Removes a key, if it is there.</summary>
        public void Remove(TKey key) => _map = _map.Remove(key);

        /// <summary>The map as it is now.</summary>
        public HashTrie<TKey, TValue> ToImmutable() => _map;
    }

    private readonly record struct Entry(int Hash, TKey Key, TValue Value);
}
