using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.State;

/// <summary>
/// Finds objects of a state by keys that they have. An index is declared once, as object → keys (<see cref="Indexes"/>), and every state keeps it in step
/// with its objects.
/// </summary>
internal abstract class Index
{
    /// <summary>Its place among what a state holds.</summary>
    public int Place { get; set; }

    /// <summary>What it holds where there is no object.</summary>
    public abstract object Empty { get; }

    /// <summary>How many keys objects have in it.</summary>
    public abstract int CountKeys(object held);

    /// <summary>Begins a change of what it holds. What no object was added to or removed from stays the same.</summary>
    public abstract Change Begin(object held);

    /// <summary>A change of what an index holds.</summary>
    public abstract class Change
    {
        /// <summary>What it holds now.</summary>
        public abstract object Result { get; }

        /// <summary>Adds an object below each of its keys.</summary>
        public abstract void Add(KubernetesObject added);

        /// <summary>Removes an object that was added.</summary>
        public abstract void Remove(KubernetesObject removed);
    }
}

/// <inheritdoc/>
/// <param name="keysOf">The keys of an object; a key that comes twice counts once.</param>
/// <param name="kinds">The kinds that take part; without any, all that are read into <typeparamref name="TObject"/>.</param>
internal sealed class Index<TObject, TKey>(Func<TObject, IEnumerable<TKey>> keysOf, params ImmutableArray<ResourceKind> kinds) : Index
    where TObject : KubernetesObject
    where TKey : notnull
{
    private static readonly HashTrie<TKey, Entries<TObject>> Nothing = new();

    /// <summary>The kinds of the objects that it finds.</summary>
    public ImmutableArray<ResourceKind> Kinds { get; } = kinds.IsEmpty ? [.. ResourceKind.All.Where(kind => typeof(TObject).IsAssignableFrom(kind.Type))] : kinds;

    /// <inheritdoc/>
    public override object Empty => Nothing;

    /// <summary>The objects that have a key.</summary>
    public Entries<TObject> Find(object held, TKey key) => ((HashTrie<TKey, Entries<TObject>>)held).GetValueOrDefault(key, default);

    /// <inheritdoc/>
    public override int CountKeys(object held) => ((HashTrie<TKey, Entries<TObject>>)held).Count;

    /// <inheritdoc/>
    public override Change Begin(object held) => new KeyedChange(((HashTrie<TKey, Entries<TObject>>)held).ToBuilder(), this, keysOf);

    private sealed class KeyedChange(HashTrie<TKey, Entries<TObject>>.Builder entries, Index<TObject, TKey> index, Func<TObject, IEnumerable<TKey>> keysOf) : Change
    {
        public override object Result => entries.ToImmutable();

        public override void Add(KubernetesObject added)
        {
            if (!index.Kinds.Contains(added.Kind))
                return;

            var entry = (TObject)added;
            foreach (var key in keysOf(entry))
                entries[key] = entries.GetValueOrDefault(key, default).Add(entry);
        }

        public override void Remove(KubernetesObject removed)
        {
            if (!index.Kinds.Contains(removed.Kind))
                return;

            var entry = (TObject)removed;
            foreach (var key in keysOf(entry))
            {
                var rest = entries.GetValueOrDefault(key, default).Remove(entry);
                if (rest.IsEmpty)
                    entries.Remove(key);
                else
                    entries[key] = rest;
            }
        }
    }
}
