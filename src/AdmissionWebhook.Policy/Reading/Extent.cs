using System.Runtime.CompilerServices;

namespace AdmissionWebhook.Policy.Reading;

/// <summary>Counts what an object holds while it is read. Reading goes on behind a bound, and nothing of it is kept.</summary>
internal struct Extent
{
    private Counts _counts;

    /// <summary>Counts some more of one sort; false where that is more than is kept.</summary>
    public bool Add(Bound bound, int count)
    {
        ref var counted = ref _counts[bound.Place];
        counted = counted > int.MaxValue - count ? int.MaxValue : counted + count;
        return counted <= bound.Most;
    }

    /// <summary>Notes the length of a text; false where that is more than is kept.</summary>
    public bool Measure(Bound bound, int length)
    {
        ref var longest = ref _counts[bound.Place];
        longest = Math.Max(longest, length);
        return length <= bound.Most;
    }

    /// <summary>What there is more of than is kept; nearly always nothing.</summary>
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
