using System.Diagnostics.CodeAnalysis;

namespace AdmissionWebhook.Policy.State;

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
    public int Count { get; private set; }

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

    /// <summary>To make changes with.</summary>
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

    private static int BranchOf(int hash) => hash & (Fan - 1);

    private static int TwigOf(int hash) => (hash >> 6) & (Fan - 1);

    private Entry[] LeafOf(int hash) => _branches[BranchOf(hash)][TwigOf(hash)];

    /// <summary>What becomes the next map: what a change had to copy, the changes after it go into.</summary>
    public sealed class Builder(HashTrie<TKey, TValue> map)
    {
        private HashTrie<TKey, TValue> _map = map;

        /// <summary>A bit for each branch that nobody else has; where there is one, the map is nobody else's either.</summary>
        private ulong _own;

        /// <summary>The value of a key that is there; or gives it one.</summary>
        /// <exception cref="KeyNotFoundException">It is not.</exception>
        public TValue this[TKey key]
        {
            get => _map[key];
            set
            {
                var entry = new Entry(key.GetHashCode(), key, value);
                var leaf = _map.LeafOf(entry.Hash);
                if (Find(leaf, entry.Hash, key) is >= 0 and var place)
                    Put(entry.Hash, [.. leaf.AsSpan(0, place), entry, .. leaf.AsSpan(place + 1)], 0);
                else
                    Put(entry.Hash, [.. leaf, entry], 1);
            }
        }

        /// <inheritdoc cref="HashTrie{TKey, TValue}.TryGetValue"/>
        public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => _map.TryGetValue(key, out value);

        /// <inheritdoc cref="HashTrie{TKey, TValue}.GetValueOrDefault"/>
        public TValue GetValueOrDefault(TKey key, TValue other) => _map.GetValueOrDefault(key, other);

        /// <summary>Removes a key, if it is there.</summary>
        public void Remove(TKey key)
        {
            var hash = key.GetHashCode();
            var leaf = _map.LeafOf(hash);
            if (Find(leaf, hash, key) is >= 0 and var place)
                Put(hash, [.. leaf.AsSpan(0, place), .. leaf.AsSpan(place + 1)], -1);
        }

        /// <summary>The map as it is now; later changes leave it alone.</summary>
        public HashTrie<TKey, TValue> ToImmutable()
        {
            _own = 0;
            return _map;
        }

        private void Put(int hash, Entry[] leaf, int more)
        {
            if (_own == 0)
                _map = new([.. _map._branches], _map.Count);

            var (branch, bit) = (BranchOf(hash), 1UL << BranchOf(hash));
            if ((_own & bit) == 0)
                _map._branches[branch] = [.. _map._branches[branch]];

            _own |= bit;
            _map._branches[branch][TwigOf(hash)] = leaf;
            _map.Count += more;
        }
    }

    private readonly record struct Entry(int Hash, TKey Key, TValue Value);
}
