using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Tests.Operations;

public sealed class LogIntervalTests
{
    [Fact]
    public void Allows_one_log_line_in_each_interval()
    {
        var time = new FakeTimeProvider();
        var interval = new LogInterval(time, TimeSpan.FromSeconds(10));

        Assert.True(interval.Passes());
        Assert.False(interval.Passes());
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(interval.Passes());
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(interval.Passes());
        Assert.False(interval.Passes());
    }

    [Fact]
    public void Allows_only_one_of_many_threads_to_log()
    {
        var interval = new LogInterval(new FakeTimeProvider(), TimeSpan.FromSeconds(10));
        var passed = 0;

        Parallel.For(0, 10_000, _ => Interlocked.Add(ref passed, interval.Passes() ? 1 : 0));

        Assert.Equal(1, passed);
    }
}
