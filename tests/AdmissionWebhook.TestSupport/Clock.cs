namespace AdmissionWebhook.TestSupport;

/// <summary>A clock that stands until it is set. What waits, waits by the real one.</summary>
public sealed class Clock(DateTimeOffset now) : TimeProvider
{
    /// <summary>What it shows.</summary>
    public DateTimeOffset Now { get; set; } = now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Now;
}
