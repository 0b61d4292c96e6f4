namespace AdmissionWebhook.Server.Operations;

/// <summary>Limits log lines that a caller can cause at will to one in each interval. If threads ask at once, one of them gets the line.</summary>
/// <param name="time">The clock.</param>
/// <param name="length">The minimum time between two lines.</param>
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
