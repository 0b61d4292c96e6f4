using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.Server.Tests.Cluster.WatchedKind;

namespace AdmissionWebhook.Server.Tests.Cluster;

/// <summary>How long a watch leaves the API server alone after what went wrong.</summary>
public sealed class WatchPauseTests
{
    private const string Services = "/api/v1/services";

    private static readonly WatchTimes Usual = new();

    private readonly HurriedTime _time = new();

    [Fact]
    public void The_wait_doubles_with_each_failure_up_to_a_limit()
    {
        var times = new WatchTimes();

        var waits = Enumerable.Range(1, 40).Select(times.DelayAfter).ToList();

        Assert.InRange(waits[0], times.FirstDelay / 2, times.FirstDelay);
        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.Zero, times.LongestDelay));
        Assert.True(waits[^1] >= times.LongestDelay / 2);
    }

    [Theory]
    [InlineData(429, "TooManyRequests", true, true)]
    [InlineData(429, "TooManyRequests", true, false)]
    [InlineData(429, "TooManyRequests", false, false)]
    [InlineData(503, "ServiceUnavailable", true, true)]
    [InlineData(503, "ServiceUnavailable", true, false)]
    [InlineData(503, "ServiceUnavailable", false, false)]
    public async Task Retries_a_list_or_a_watch_after_the_requested_wait(int code, string reason, bool watch, bool streamsLists)
    {
        var server = await FakeApiServer.StartAsync();
        (server.Faults.StreamsLists, server.Faults.RetryAfter) = (streamsLists, 70);
        server.Put(Service("a"));
        if (!watch || streamsLists)
            server.Faults.AnswerOnce(Services, code, reason, watch);

        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilKnownAsync("a");
        if (watch && !streamsLists)
        {
            server.Faults.AnswerOnce(Services, code, reason, watch: true);
            server.Put(Service("b"));
            server.Faults.CutWatches();
            await watched.UntilAsync(_ => watched.Status is { Failures: 1, Fault: null }, "the watch is back");
        }

        Assert.Equal(TimeSpan.FromSeconds(70), Assert.Single(_time.Waits));
    }

    [Fact]
    public async Task Limits_a_requested_wait_of_years()
    {
        var server = await FakeApiServer.StartAsync();
        server.Faults.RetryAfter = int.MaxValue;
        server.Faults.AnswerOnce(Services, 503, "ServiceUnavailable");

        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilKnownAsync();

        Assert.Equal(TimeSpan.FromMinutes(10), Assert.Single(_time.Waits));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Reads_a_requested_wait_from_a_date_or_a_Status(bool namesInstants, bool hidesRetryAfter)
    {
        var server = await FakeApiServer.StartAsync();
        (server.Faults.RetryAfter, server.Faults.NamesInstants, server.Faults.HidesRetryAfter) = (70, namesInstants, hidesRetryAfter);
        server.Faults.AnswerOnce(Services, 503, "ServiceUnavailable");

        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilKnownAsync();

        Assert.Equal(TimeSpan.FromSeconds(70), Assert.Single(_time.Waits));
    }

    [Fact]
    public async Task Reads_a_requested_wait_from_an_error_in_a_watch()
    {
        var server = await FakeApiServer.StartAsync();
        server.Faults.WatchError = """{"kind":"Status","status":"Failure","message":"Too large resource version","reason":"Timeout","details":{"causes":[],"retryAfterSeconds":70},"code":504}""";

        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilAsync(_ => watched.Status is { Failures: 1, Fault: null }, "the watch is back");

        Assert.Equal(TimeSpan.FromSeconds(70), Assert.Single(_time.Waits));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(-60, true)]
    public async Task Waits_even_when_the_requested_wait_is_zero(int seconds, bool namesInstants)
    {
        var server = await FakeApiServer.StartAsync();
        (server.Faults.RetryAfter, server.Faults.NamesInstants) = (seconds, namesInstants);
        for (var i = 0; i < 3; i++)
            server.Faults.AnswerOnce(Services, 503, "ServiceUnavailable");

        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilKnownAsync();

        AssertDoubling(3);
    }

    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 3)]
    public async Task Waits_longer_each_time_the_API_server_ends_a_watch_at_once(bool streamsLists, int endings)
    {
        var server = await FakeApiServer.StartAsync();
        (server.Faults.StreamsLists, server.Faults.EndingWatches) = (streamsLists, endings);

        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilAsync(_ => watched.Status is { HasSynced: true, Failures: 3, Fault: null }, "there is a watch that lasts");

        AssertDoubling(3);
    }

    [Fact]
    public async Task Reports_a_list_that_always_expires_before_its_end()
    {
        var server = await FakeApiServer.StartAsync();
        for (var i = 0; i < 3; i++)
            server.Faults.AnswerOnce(Services, 410, "Expired", watch: false);

        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilKnownAsync();

        AssertDoubling(3);
        Assert.Equal(3, watched.Status.Failures);
    }

    [Fact]
    public async Task Doubles_the_wait_when_the_API_server_requests_none()
    {
        var server = await FakeApiServer.StartAsync();
        for (var i = 0; i < 3; i++)
            server.Faults.AnswerOnce(Services, 503, "ServiceUnavailable");

        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilKnownAsync();

        AssertDoubling(3);
    }

    [Fact]
    public async Task Waits_longer_each_time_a_version_expires()
    {
        var server = await FakeApiServer.StartAsync();
        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilKnownAsync();

        for (var i = 0; i < 3; i++)
            server.Faults.AnswerOnce(Services, 410, "Expired", watch: true);
        server.Faults.CutWatches();
        await watched.UntilAsync(_ => watched.Status.Lists == 4 || Cut(server), "it has listed anew each time");

        AssertDoubling(3);
        Assert.Equal(0, watched.Status.Failures);
    }

    [Fact]
    public async Task Lists_again_after_one_wait_when_a_version_expires_in_a_watch()
    {
        var server = await FakeApiServer.StartAsync();
        server.Faults.DropsEvents = true;
        server.Put(Service("a"));
        await using var watched = await StartAsync(server, times: Usual, time: _time);
        await watched.UntilKnownAsync("a");

        server.Delete(ServiceReference("a"));
        server.Compact();
        await watched.UntilAsync(state => state.Count == 0 || Cut(server), "it has listed anew");

        AssertDoubling(1);
        Assert.Equal((2, 0), (watched.Status.Lists, watched.Status.Failures));
    }

    /// <summary>Again and again until what is waited for has come: after the first list the watch may begin only once it was cut.</summary>
    private static bool Cut(FakeApiServer server)
    {
        server.Faults.CutWatches();
        return false;
    }

    /// <summary>Up to half of each wait is left to chance.</summary>
    private void AssertDoubling(int times)
    {
        var longest = Enumerable.Range(0, times).Select(i => Usual.FirstDelay * Math.Pow(2, i)).ToList();
        Assert.Equal(times, _time.Waits.Count);
        Assert.All(_time.Waits.Zip(longest), wait => Assert.InRange(wait.First, wait.Second / 2, wait.Second));
    }
}
