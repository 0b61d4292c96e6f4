namespace AdmissionWebhook.Server.Operations;

/// <summary>Lets through one line in a while of those that anybody can cause at will. Threads may ask at once: one of them gets the line.</summary>
/// <param name="time">Tells the time.</param>
/// <param name="length">The least time between two lines.</param>
internal sealed class LogInterval(TimeProvider time, TimeSpan length)
{
    private long _next = long.MinValue;

    /// <summary>Whether the line may be written now.</summary>
    public bool Passes()
    {
        var (now, next) = (time.GetTimestamp(), Volatile.Read(ref _next));
        return now >= next && Interlocked.CompareExchange(ref _next, now + (long)(length.TotalSeconds * time.TimestampFrequency), next) == next;
    }
}
