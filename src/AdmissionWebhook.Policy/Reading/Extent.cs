using System.Runtime.CompilerServices;

namespace AdmissionWebhook.Policy.Reading;

/// <summary>Counts the contents of an object while it is read. Reading continues beyond a bound, but nothing more is kept.</summary>
internal struct Extent
{
    private Counts _counts;

    /// <summary>Adds to the count of one sort; false if that is more than is kept.</summary>
    public bool Add(Bound bound, int count)
    {
        ref var counted = ref _counts[bound.Place];
        counted = counted > int.MaxValue - count ? int.MaxValue : counted + count;
        return counted <= bound.Most;
    }

    /// <summary>Records the length of a string; false if that is more than is kept.</summary>
    public bool Measure(Bound bound, int length)
    {
        ref var longest = ref _counts[bound.Place];
        longest = Math.Max(longest, length);
        return length <= bound.Most;
    }

    /// <summary>The sorts with more items than are kept; usually none.</summary>
    public readonly ImmutableArray<Excess> ToExcesses()
    {
        ImmutableArray<Excess> excesses = [];
        foreach (var bound in Bound.All)
        {
            if (_counts[bound.Place] is var count && count > bound.Most)
                excesses = excesses.Add(new(bound, count));
        }

        return excesses;
    }

    [InlineArray(10)]
    private struct Counts
    {
        private int _first;
    }
}
