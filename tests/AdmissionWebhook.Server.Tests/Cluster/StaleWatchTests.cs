using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.Server.Tests.Cluster.WatchedKind;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class StaleWatchTests
{
    private const string Services = "/api/v1/services";

    [Fact]
    public async Task Gives_up_a_silent_connection()
    {
        var server = await FakeApiServer.StartAsync();
        await using var watched = await StartAsync(server, times: Impatient with { QuietLimit = TimeSpan.FromMilliseconds(300) });
        await watched.UntilKnownAsync();

        server.Faults.FallSilent();
        server.Put(Service("a"));
        await watched.UntilAsync(_ => watched.Status.Fault is not null, "the silence is noticed");
        server.Faults.SpeakAgain();

        await watched.UntilKnownAsync("a");
    }

    [Fact]
    public async Task Missing_objects_become_unknown_when_the_watch_is_down_for_too_long_and_known_ones_stay()
    {
        var server = await FakeApiServer.StartAsync();
        server.Put(Service("a"));
        await using var watched = await StartAsync(server, times: Impatient with { StaleAfter = TimeSpan.FromMilliseconds(300) });
        await watched.UntilKnownAsync("a");
        Assert.True(watched.Cluster.Value.Find<Service>("default", "b").IsMissing);

        server.Faults.AnswerAlways(Services, 503, "ServiceUnavailable");
        server.Faults.CutWatches();

        await watched.UntilAsync(state => state.Find<Service>("default", "b").IsUnknown, "the state is stale");
        Assert.NotNull(watched.Cluster.Value.Find<Service>("default", "a").Found);
        Assert.True(watched.Status.IsSettled);
        server.Faults.AnswerAlways(Services, 0, "");
        await watched.UntilAsync(state => state.Find<Service>("default", "b").IsMissing, "the watch works again");
        Assert.Equal(1, watched.Status.Lists);
    }

    [Fact]
    public async Task A_watch_that_recovers_at_once_after_a_quiet_time_is_not_stale()
    {
        var server = await FakeApiServer.StartAsync();
        server.Faults.AbortsConnections = true;
        await using var watched = await StartAsync(server, times: Impatient with { StaleAfter = TimeSpan.FromMilliseconds(900) });
        await watched.UntilKnownAsync();
        await watched.UntilAsync(_ => watched.Status.Silence > TimeSpan.FromSeconds(1), "nothing has happened for a while");

        server.Faults.AnswerOnce(Services, 503, "ServiceUnavailable");
        server.Faults.CutWatches();

        await watched.UntilAsync(state => state.Knows(ResourceKind.Service) ? watched.Status is { Failures: > 0, Fault: null } : throw new InvalidOperationException("It was stale."), "the watch is back");
    }

    [Fact]
    public async Task A_short_outage_is_not_stale()
    {
        var server = await FakeApiServer.StartAsync();
        var times = Impatient with { StaleAfter = TimeSpan.FromSeconds(4.5) };
        await using var watched = await StartAsync(server, times: times);
        await watched.UntilKnownAsync();

        server.Faults.AnswerAlways(Services, 503, "ServiceUnavailable");
        server.Faults.CutWatches();

        await watched.UntilAsync(state => state.Knows(ResourceKind.Service) ? watched.Status.Outage > times.Grace * 2 : throw new InvalidOperationException("It was stale."), "the outage has lasted for a while");
        Assert.False(watched.Status.IsStale);
    }

    [Fact]
    public async Task Becomes_stale_even_while_an_attempt_to_connect_hangs()
    {
        var server = await FakeApiServer.StartAsync();
        await using var watched = await StartAsync(server, times: Impatient with { StaleAfter = TimeSpan.FromMilliseconds(300) });
        await watched.UntilKnownAsync();

        server.Faults.AnswerAlways(Services, 503, "ServiceUnavailable");
        server.Faults.CutWatches();
        await watched.UntilAsync(_ => watched.Status.Fault is not null, "the fault is noticed");
        server.Faults.FallSilent();

        await watched.UntilAsync(state => !state.Knows(ResourceKind.Service), "the state is stale");
        server.Faults.AnswerAlways(Services, 0, "");
        server.Faults.SpeakAgain();
        await watched.UntilAsync(state => state.Knows(ResourceKind.Service), "the watch works again");
    }
}
