using System.Runtime.InteropServices;

namespace AdmissionWebhook.Policy.Tests.Rules;

/// <summary>What a thread has used so far. Processor time goes on counting while the machine does something else only on other threads.</summary>
/// <param name="Time">Processor time.</param>
/// <param name="Bytes">Memory allocated, exact.</param>
internal readonly record struct ThreadCost(TimeSpan Time, long Bytes)
{
    private const int ThreadProcessorTime = 3;

    /// <summary>What <paramref name="work"/> uses.</summary>
    public static ThreadCost Of(Action work)
    {
        var before = Now();
        work();
        var after = Now();
        return new(after.Time - before.Time, after.Bytes - before.Bytes);
    }

    private static ThreadCost Now()
    {
        if (GetTime(ThreadProcessorTime, out var time) != 0)
            throw new InvalidOperationException("The processor time of a thread is read as Linux gives it.");
        return new(new((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick)), GC.GetAllocatedBytesForCurrentThread());
    }

    [DllImport("libc", EntryPoint = "clock_gettime"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Timespec
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
