using AdmissionWebhook.Server.Callers;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// Whether one more review can be taken: by how many are under way, by the memory that they take, and by how long work waits for a processor. What
/// cannot be
/// taken is refused at once, while the API server still has the time to ask again. A review is under way once its body is complete; before that it
/// has one of the places for coming
/// bodies, which it may lose.
/// </summary>
internal sealed partial class Capacity(ServerSettings settings, Metrics metrics, TimeProvider time, ILogger<Capacity> logger) : IDisposable
{
    /// <summary>A pause of the runtime or of the container's share of the processors is no overload.</summary>
    private static readonly TimeSpan UsualDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>In milliseconds. A body that has come for so long gives its memory to others.</summary>
    private const int LongComing = 1000;

    /// <summary>In milliseconds.</summary>
    private const int BetweenCollections = 1000;

    /// <summary>A review whose objects take more than these bytes is decided alone.</summary>
    private const int Large = 8 * 1024 * 1024;

    private readonly int _mostReviews = settings.Webhook.MaxReviews;
    private readonly long _mostBytes = Math.Min(64 * 1024 * 1024, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 6);
    private readonly FairPlaces<ComingBody> _coming = new(settings.Webhook.MaxReviews, settings.Webhook.MaxReviewsPerAddress);
    private readonly Dictionary<SourceAddress, int> _reviewsOf = [];
    private readonly Lock _counting = new();
    private readonly SemaphoreSlim _large = new(1);
    private readonly LogInterval _refusals = new(time, TimeSpan.FromSeconds(10));
    private int _reviews;
    private long _bytes, _probe, _lastDelay, _lastCollection;

    /// <summary>In bytes.</summary>
    public int LargestReview { get; } = settings.Webhook.MaxReviewBytes;

    /// <summary>How long work waits at the moment until a thread takes it up.</summary>
    public TimeSpan DelayAt(long now) =>
        Volatile.Read(ref _probe) is var sent and not 0 && time.GetElapsedTime(sent, now) is var waiting && waiting.Ticks > Volatile.Read(ref _lastDelay) ? waiting : new(Volatile.Read(ref _lastDelay));

    /// <summary>Whether work is taken up soon enough for a review.</summary>
    /// <param name="deadline">The review's. One that would spend a quarter of its time waiting comes back too late, and keeps others waiting meanwhile.</param>
    /// <param name="now">A timestamp.</param>
    public bool IsInTime(Deadline deadline, long now)
    {
        if (DelayAt(now) is var delay && (delay <= UsualDelay || delay * 4 <= deadline.Wait))
            return true;

        Refuse("delay", now);
        return false;
    }

    /// <summary>Takes a review whose body has come, to be given back by <see cref="Leave"/>.</summary>
    public bool TryEnter(SourceAddress address)
    {
        string reason;
        lock (_counting)
        {
            var ofAddress = _reviewsOf.GetValueOrDefault(address);
            if (_reviews < _mostReviews && ofAddress < settings.Webhook.MaxReviewsPerAddress)
            {
                _reviews++;
                _reviewsOf[address] = ofAddress + 1;
                return true;
            }

            reason = _reviews < _mostReviews ? "address" : "reviews";
        }

        Refuse(reason, time.GetTimestamp());
        return false;
    }

    public void Leave(SourceAddress address)
    {
        lock (_counting)
        {
            _reviews--;
            if (_reviewsOf[address] is var count && count == 1)
                _reviewsOf.Remove(address);
            else
                _reviewsOf[address] = count - 1;
        }
    }

    /// <summary>A place for a body of which something is still to come, to be given back by <see cref="HasCome"/>.</summary>
    /// <param name="address">Who sends it.</param>
    /// <param name="deadline">The review's.</param>
    /// <param name="giveUp">Called when it has taken too long, or has to give way.</param>
    public ComingBody AwaitBody(SourceAddress address, Deadline deadline, Action giveUp)
    {
        var (left, patience) = (deadline.Left, settings.Webhook.BodyTimeout);
        var body = new ComingBody(address, left < patience ? left : patience, giveUp, time);
        _coming.TryEnter(body, out _);
        return body;
    }

    public void HasCome(ComingBody body)
    {
        _coming.Leave(body);
        body.Dispose();
    }

    /// <summary>A body did not come, or gave way to others.</summary>
    public void RefuseForBody() => Refuse("body", time.GetTimestamp());

    /// <summary>
    /// Takes memory for the objects that a body is read into, to be given back by <see cref="FreeObjects"/>. Large ones take turns.
    /// </summary>
    /// <param name="size">In bytes.</param>
    /// <param name="deadline">The review's; half of what is left of it is a turn waited for.</param>
    public async ValueTask<bool> TryReserveObjectsAsync(int size, Deadline deadline)
    {
        if (size <= Large)
            return TryReserve(size);
        if (await _large.WaitAsync(deadline.Left / 2))
        {
            if (HasRoomFor(size))
                return true;
            _large.Release();
        }

        RefuseForMemory();
        return false;
    }

    public void FreeObjects(int size)
    {
        if (size <= Large)
            Free(size);
        else
            _large.Release();
    }

    /// <summary>Takes memory for a body, to be given back by <see cref="Free"/>.</summary>
    public bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _mostBytes)
            return true;

        Free(bytes);
        RefuseForMemory();
        _coming.End(body => body.IsLarge && Environment.TickCount64 - body.Since > LongComing);
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

    public void Dispose() => _large.Dispose();

    /// <summary>
    /// Whether the heap takes it. What nobody uses any more is collected first, not more often than each second; a runtime without memory does not
    /// survive.
    /// </summary>
    private bool HasRoomFor(long size)
    {
        var most = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 * 9;
        if (GC.GetTotalMemory(forceFullCollection: false) + size <= most)
            return true;
        if (Environment.TickCount64 - _lastCollection < BetweenCollections)
            return false;

        GC.Collect();
        _lastCollection = Environment.TickCount64;
        return GC.GetTotalMemory(forceFullCollection: false) + size <= most;
    }

    private void Refuse(string reason, long now)
    {
        metrics.CountRefused(reason);
        if (_refusals.Passes())
            Log.Overloaded(logger, reason, Volatile.Read(ref _reviews), Volatile.Read(ref _bytes), DelayAt(now).TotalMilliseconds);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Rejecting reviews: too many in progress ({Reason}; {Reviews} reviews, {Bytes} bytes of bodies, work waits {Delay:0} ms for a thread)")]
        public static partial void Overloaded(ILogger logger, string reason, int reviews, long bytes, double delay);
    }
}
