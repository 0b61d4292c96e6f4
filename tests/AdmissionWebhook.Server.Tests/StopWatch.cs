namespace AdmissionWebhook.Server.Tests;

/// <summary>Timestamps that pass when a test says so. What waits, waits by the real clock.</summary>
internal sealed class StopWatch : TimeProvider
{
    private long _ticks = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public void Advance(TimeSpan time) => _ticks += time.Ticks;
}
