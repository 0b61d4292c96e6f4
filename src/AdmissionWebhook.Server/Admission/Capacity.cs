using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// Whether one more review can be taken: by how many are under way, by the memory that their bodies take, and by how long work waits for a processor. What cannot be
/// taken is refused at once, while the API server still has the time to ask again.
/// </summary>
internal sealed partial class Capacity(ServerSettings settings, Metrics metrics, TimeProvider time, ILogger<Capacity> logger)
{
    /// <summary>A pause of the runtime or of the container's share of the processors is no overload.</summary>
    private static readonly TimeSpan UsualDelay = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan BetweenLogs = TimeSpan.FromSeconds(10);

    private readonly int _mostReviews = settings.Webhook.MaxReviews;
    private readonly long _mostBytes = Math.Min(64 * 1024 * 1024, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
    private int _reviews;
    private long _bytes, _probe, _lastDelay, _lastLog;

    /// <summary>In bytes.</summary>
    public int LargestReview { get; } = settings.Webhook.MaxReviewBytes;

    /// <summary>How long work waits at the moment until a thread takes it up.</summary>
    public TimeSpan DelayAt(long now) =>
        Volatile.Read(ref _probe) is var sent and not 0 && time.GetElapsedTime(sent, now) is var waiting && waiting.Ticks > Volatile.Read(ref _lastDelay) ? waiting : new(Volatile.Read(ref _lastDelay));

    /// <summary>Takes a review, to be given back by <see cref="Leave"/>.</summary>
    /// <param name="deadline">The review's. One that would spend a quarter of its time waiting comes back too late, and keeps others waiting meanwhile.</param>
    /// <param name="now">A timestamp.</param>
    public bool TryEnter(Deadline deadline, long now)
    {
        if (Interlocked.Increment(ref _reviews) > _mostReviews)
            Refuse("reviews", now);
        else if (DelayAt(now) is var delay && delay > UsualDelay && delay * 4 > deadline.Wait)
            Refuse("delay", now);
        else
            return true;

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _reviews);

    /// <summary>Takes memory for a body, to be given back by <see cref="Free"/>.</summary>
    public bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _mostBytes)
            return true;

        Free(bytes);
        RefuseForMemory();
        return false;
    }

    /// <summary>There was none left for what a review needs beside its body, or it was in too many pieces.</summary>
    public void RefuseForMemory() => Refuse("memory", time.GetTimestamp());

    public void Free(int bytes)
    {
        if (bytes > 0)
            Interlocked.Add(ref _bytes, -bytes);
    }

    /// <summary>Something is queued for a thread to take up, to measure how long that lasts. One at a time.</summary>
    public bool TrySendProbe() => Interlocked.CompareExchange(ref _probe, time.GetTimestamp(), 0) == 0;

    /// <summary>A thread has taken it up.</summary>
    public void ReceiveProbe()
    {
        Volatile.Write(ref _lastDelay, time.GetElapsedTime(Volatile.Read(ref _probe)).Ticks);
        Volatile.Write(ref _probe, 0);
    }

    private void Refuse(string reason, long now)
    {
        metrics.CountRefused(reason);
        var last = Volatile.Read(ref _lastLog);
        if ((last == 0 || time.GetElapsedTime(last, now) >= BetweenLogs) && Interlocked.CompareExchange(ref _lastLog, now, last) == last)
            Log.Overloaded(logger, reason, Volatile.Read(ref _reviews), Volatile.Read(ref _bytes), DelayAt(now).TotalMilliseconds);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Reviews are refused for there are too many ({Reason}): {Reviews} under way, {Bytes} bytes of bodies, work waits {Delay:0} ms for a thread")]
        public static partial void Overloaded(ILogger logger, string reason, int reviews, long bytes, double delay);
    }
}
