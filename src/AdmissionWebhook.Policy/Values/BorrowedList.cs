using System.Buffers;

namespace AdmissionWebhook.Policy.Values;

/// <summary>
/// Collects the items of a list of unknown length. For most lists, which are short, only the finished list needs memory that is not pooled.
/// </summary>
internal ref struct BorrowedList<T>()
{
    private const int Short = 16;

    private T[] _items = ArrayPool<T>.Shared.Rent(Short);
    private int _count;

    public void Add(T item)
    {
        if (_count == _items.Length)
            Grow();
        _items[_count++] = item;
    }

    public readonly ImmutableArray<T> ToImmutable() => [.. _items.AsSpan(0, _count)];

    /// <summary>Gives back what was borrowed. A long list is not for keeping: senders decide how long it is.</summary>
    public readonly void Dispose()
    {
        if (_items.Length > Short)
            return;

        _items.AsSpan(0, _count).Clear();
        ArrayPool<T>.Shared.Return(_items);
    }

    private void Grow()
    {
        var larger = new T[_items.Length * 2];
        _items.CopyTo(larger, 0);
        Dispose();
        _items = larger;
    }
}
