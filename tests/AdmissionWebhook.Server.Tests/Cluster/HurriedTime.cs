using System.Collections.Concurrent;

namespace AdmissionWebhook.Server.Tests.Cluster;

/// <summary>A clock by which every wait is over at once, and written down. What recurs does so by the real one.</summary>
internal sealed class HurriedTime : TimeProvider
{
    /// <summary>How long each wait would have been, in their order.</summary>
    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan)
            return base.CreateTimer(callback, state, dueTime, period);

        Waits.Enqueue(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
