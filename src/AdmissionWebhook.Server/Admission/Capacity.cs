using AdmissionWebhook.Server.Callers;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// Decides whether the server accepts one more review: by the number in progress, by their memory, and by how long work waits for a processor. It
/// rejects the others at once, while the API server still has time to ask again. A review is in progress once its body is complete; before that it
/// has one of the places for arriving bodies, which it can lose.
/// </summary>
internal sealed partial class Capacity(ServerSettings settings, Metrics metrics, TimeProvider time, ILogger<Capacity> logger) : IDisposable
{
    /// <summary>A short pause of the runtime or of the processor quota is not an overload.</summary>
    private static readonly TimeSpan UsualDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>In milliseconds. A body that takes longer gives its memory to others.</summary>
    private const int LongComing = 1000;

    /// <summary>In milliseconds.</summary>
    private const int BetweenCollections = 1000;

    /// <summary>In bytes. The server decides only one review with larger objects at a time.</summary>
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

    /// <summary>How long work currently waits for a thread.</summary>
    public TimeSpan DelayAt(long now) =>
        Volatile.Read(ref _probe) is var sent and not 0 && time.GetElapsedTime(sent, now) is var waiting && waiting.Ticks > Volatile.Read(ref _lastDelay) ? waiting : new(Volatile.Read(ref _lastDelay));

    /// <summary>Whether a thread starts work soon enough for a review.</summary>
    /// <param name="deadline">The deadline of the review. A review that waits a quarter of its time answers too late and delays others.</param>
    /// <param name="now">A timestamp.</param>
    public bool IsInTime(Deadline deadline, long now)
    {
        if (DelayAt(now) is var delay && (delay <= UsualDelay || delay * 4 <= deadline.Wait))
            return true;

        Refuse("delay", now);
        return false;
    }

    /// <summary>Takes a place for a review with a complete body; <see cref="Leave"/> releases it.</summary>
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

    /// <summary>Takes a place for a body that is still arriving; <see cref="HasCome"/> releases it.</summary>
    /// <param name="address">The address of the sender.</param>
    /// <param name="deadline">The deadline of the review.</param>
    /// <param name="giveUp">Called when the body takes too long, or must give way.</param>
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

    /// <summary>Counts a body that did not arrive or gave way to others.</summary>
    public void RefuseForBody() => Refuse("body", time.GetTimestamp());

    /// <summary>
    /// Takes memory for the objects of a body; <see cref="FreeObjects"/> releases it. Large reviews take turns.
    /// </summary>
    /// <param name="size">In bytes.</param>
    /// <param name="deadline">The deadline of the review. The review waits at most half of the rest for its turn.</param>
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

    /// <summary>Takes memory for a body; <see cref="Free"/> releases it.</summary>
    public bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _mostBytes)
            return true;

        Free(bytes);
        RefuseForMemory();
        _coming.End(body => body.IsLarge && Environment.TickCount64 - body.Since > LongComing);
        return false;
    }

    /// <summary>Counts a review for which no memory was left, or only in too small pieces.</summary>
    public void RefuseForMemory() => Refuse("memory", time.GetTimestamp());

    public void Free(int bytes)
    {
        if (bytes > 0)
            Interlocked.Add(ref _bytes, -bytes);
    }

    /// <summary>A probe enters the queue of the threads, to measure the wait. One at a time.</summary>
    public bool TrySendProbe() => Interlocked.CompareExchange(ref _probe, time.GetTimestamp(), 0) == 0;

    /// <summary>A thread started the probe.</summary>
    public void ReceiveProbe()
    {
        Volatile.Write(ref _lastDelay, time.GetElapsedTime(Volatile.Read(ref _probe)).Ticks);
        Volatile.Write(ref _probe, 0);
    }

    public void Dispose() => _large.Dispose();

    /// <summary>
    /// Whether the heap has room. Runs a garbage collection first, at most once a second; the runtime does not survive without memory.
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
