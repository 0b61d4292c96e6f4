namespace AdmissionWebhook.Server.Tests;

/// <summary>What the process ends with, other than by a signal.</summary>
public sealed class ExitCodeTests
{
    [Fact]
    public async Task Exits_with_an_error_when_a_part_of_the_server_fails()
    {
        var (clock, log) = (new BreakableClock(), new CapturedLog());
        await using var server = AdmissionServer.Create(RunningServer.SettingsOf([], inCluster: false), log, time: clock);
        await server.StartAsync();

        clock.IsBroken = true;

        Assert.Equal(1, await server.WaitForStopAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains(log.Lines, line => line.StartsWith("Critical", StringComparison.Ordinal) && line.Contains("the clock is broken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Exits_without_an_error_when_stopped_during_the_start()
    {
        await using var server = AdmissionServer.Create(RunningServer.SettingsOf([], inCluster: false), new CapturedLog());
        await server.StopAsync();

        await server.StartAsync();

        await server.WaitForStopAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private sealed class BreakableClock : TimeProvider
    {
        private volatile bool _isBroken;

        public bool IsBroken { set => _isBroken = value; }

        public override long GetTimestamp() => _isBroken ? throw new InvalidOperationException("the clock is broken") : base.GetTimestamp();
    }
}
