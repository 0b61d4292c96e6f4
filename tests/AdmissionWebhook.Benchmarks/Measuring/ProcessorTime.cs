using System.Globalization;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>What the processors of this machine have done since it began, in ticks of the kernel (10 ms).</summary>
/// <param name="All">Of all of them, whatever they did.</param>
/// <param name="Taken">Wanted here, and given to other guests of the same host: <c>steal</c> in Linux's <c>/proc/stat</c>. Zero where nobody counts it.</param>
internal readonly record struct ProcessorTime(long All, long Taken)
{
    private const string Counters = "/proc/stat";
    private const int Steal = 7;

    public static ProcessorTime Now()
    {
        if (!File.Exists(Counters))
            return default;

        // The two behind it, for guests of this machine, are counted in the first two already.
        long[] ticks = [.. File.ReadLines(Counters).First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..(Steal + 2)].Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        return new(ticks.Sum(), ticks[Steal]);
    }

    /// <summary>The part that others were given since then, of 100.</summary>
    public double TakenSince(ProcessorTime earlier) => All == earlier.All ? 0 : 100.0 * (Taken - earlier.Taken) / (All - earlier.All);
}
