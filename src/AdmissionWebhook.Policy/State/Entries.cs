using System.Collections;

namespace AdmissionWebhook.Policy.State;

/// <summary>
/// The objects that have one key of an index, in no order. Nearly always there is one or none; of thousands it takes and gives up each in time that hardly
/// grows with their number.
/// </summary>
public readonly struct Entries<T> : IEnumerable<T> where T : class
{
    private const int Few = 16;

    /// <summary>Null, an object, an array of at most <see cref="Few"/>, or a set.</summary>
    private readonly object? _held;

    private Entries(object? held) => _held = held;

    /// <summary>How many there are.</summary>
    public int Count => _held switch { null => 0, T[] few => few.Length, ImmutableHashSet<T> many => many.Count, _ => 1 };

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _held is null;

    /// <summary>These and one more. An object that was added last is not added twice.</summary>
    internal Entries<T> Add(T entry) => _held switch
    {
        null => new(entry),
        T[] few when few[^1] == entry => this,
        T[] { Length: < Few } few => new((T[])[.. few, entry]),
        T[] few => new(ImmutableHashSet.CreateRange<T>([.. few, entry])),
        ImmutableHashSet<T> many => new(many.Add(entry)),
        _ => _held == entry ? this : new((T[])[(T)_held, entry]),
    };

    /// <summary>These without one of them.</summary>
    internal Entries<T> Remove(T entry) => _held switch
    {
        null => this,
        T[] few => Of([.. few.Where(each => each != entry)]),
        ImmutableHashSet<T> many => many.Remove(entry) is { Count: > Few / 2 } rest ? new(rest) : Of([.. many.Remove(entry)]),
        _ => _held == entry ? default : this,
    };

    /// <summary>To go through them without an allocation for a few.</summary>
    public Enumerator GetEnumerator() => new(_held);

    /// <inheritdoc/>
    IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Entries<T> Of(T[] few) => new(few.Length > 1 ? few : few.FirstOrDefault());

    /// <summary>Goes through them.</summary>
    public struct Enumerator : IEnumerator<T>
    {
        private readonly object? _held;
        private readonly IEnumerator<T>? _many;
        private int _next;

        internal Enumerator(object? held) => (_held, _many) = (held, (held as ImmutableHashSet<T>)?.AsEnumerable().GetEnumerator());

        /// <inheritdoc/>
        public T Current { get; private set; } = null!;

        /// <inheritdoc/>
        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            switch (_held)
            {
                case null:
                    return false;
                case T[] few when _next < few.Length:
                    Current = few[_next++];
                    return true;
                case T[]:
                    return false;
                case ImmutableHashSet<T>:
                    var more = _many!.MoveNext();
                    Current = more ? _many.Current : Current;
                    return more;
                default:
                    Current = (T)_held;
                    return _next++ == 0;
            }
        }

        /// <inheritdoc/>
        public readonly void Reset() => throw new NotSupportedException();

        /// <inheritdoc/>
        public readonly void Dispose() => _many?.Dispose();
    }
}
