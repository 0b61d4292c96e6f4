using System.Net;
using AdmissionWebhook.Server.Admission;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AdmissionWebhook.Server.Tests;

/// <summary>What the server puts together and no answer would miss at once.</summary>
public sealed class CompositionTests
{
    [Fact]
    public async Task Rejects_reviews_while_work_waits_long_for_a_thread()
    {
        await using var server = await RunningServer.StartAsync(new LeapingClock());
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var status = HttpStatusCode.OK;

        for (var begin = TimeProvider.System.GetTimestamp(); status != HttpStatusCode.TooManyRequests && TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(5); await tick.WaitForNextTickAsync())
        {
            using var answer = await server.PostAsync("/validate", Reviews.Sample("allowed"));
            status = answer.StatusCode;
        }

        Assert.Contains(server.Log.Lines, line => line.Contains("Rejecting reviews: too many in progress (delay;", StringComparison.Ordinal));
    }

    [Fact]
    public void Answers_a_review_before_the_first_request()
    {
        var services = new ServiceCollection();

        AdmissionServer.AddServices(services, RunningServer.SettingsOf([], inCluster: false));

        Assert.Single(services, service => service.ServiceType == typeof(IHostedService) && service.ImplementationType == typeof(WarmUp));
    }

    /// <summary>Whoever looks at it twice finds that ten seconds have passed.</summary>
    private sealed class LeapingClock : TimeProvider
    {
        private long _ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _ticks, TimeSpan.FromSeconds(10).Ticks);
    }
}
