using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>
/// Times at which requests are due, whether or not earlier ones have been answered: people do not wait for each other. A server that halts for a moment shows it in every
/// request that fell due meanwhile.
/// </summary>
internal static class Schedule
{
    /// <summary>The timestamps of evenly spaced requests, each told when its time has come.</summary>
    public static ChannelReader<long> Start(double requestsPerSecond, TimeSpan duration)
    {
        var due = Channel.CreateUnbounded<long>(new() { SingleWriter = true });
        var begin = Stopwatch.GetTimestamp();
        new Thread(() =>
        {
            for (var request = 0; request < requestsPerSecond * duration.TotalSeconds; request++)
            {
                var time = begin + (long)(request / requestsPerSecond * Stopwatch.Frequency);
                WaitUntil(time);
                due.Writer.TryWrite(time);
            }

            due.Writer.Complete();
        }).Start();
        return due.Reader;
    }

    private static void WaitUntil(long time)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), time);
        if (left > TimeSpan.Zero)
            _ = Sleep((uint)left.TotalMicroseconds);
    }

    /// <summary>.NET's own sleeps last a millisecond at least, longer than an answer takes.</summary>
    [DllImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sleep(uint microseconds);
}
