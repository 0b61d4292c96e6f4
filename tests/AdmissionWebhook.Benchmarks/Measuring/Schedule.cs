using System.Diagnostics;
using System.Threading.Channels;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>
/// Times at which requests are due, whether or not earlier ones have been answered: people do not wait for each other. A server that halts for a moment shows it in every
/// request that fell due meanwhile.
/// </summary>
internal static class Schedule
{
    /// <summary>To wake up for every request would take as much of the processors, which the server shares, as to answer it. What this delays counts.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(1);

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
                while (Stopwatch.GetTimestamp() < time)
                    Thread.Sleep(Beat);
                due.Writer.TryWrite(time);
            }

            due.Writer.Complete();
        }).Start();
        return due.Reader;
    }
}
