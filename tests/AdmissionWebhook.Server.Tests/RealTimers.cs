namespace AdmissionWebhook.Server.Tests;

/// <summary>A clock that stands until it is set, for servers whose other parts must go on: their timers run by the real one.</summary>
internal sealed class RealTimers(DateTimeOffset now) : FakeTimeProvider(now)
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime, period);
}
