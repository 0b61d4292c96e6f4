using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class FairRateTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _served = [];
    private FairRate _rate;

    public FairRateTests() => _rate = new(new(Burst: 1, Period, MostWaiting: 100), _time);

    public async ValueTask InitializeAsync() => await Wait("first", "a");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Dispose() => _rate.Dispose();

    [Fact]
    public async Task Namespaces_take_turns_however_many_wait_in_one()
    {
        var waiting = Enumerable.Range(0, 50).Select(_ => Wait("flood", "a")).ToList();
        waiting.Add(Wait("quiet", "b"));

        await ServeAsync(waiting, 3);

        Assert.Equal(["flood a", "quiet b", "flood a"], _served);
    }

    [Fact]
    public async Task Users_of_a_namespace_take_turns_and_each_users_requests_stay_in_order()
    {
        var waiting = new[] { "a", "a", "a", "b" }.Select(user => Wait("shop", user)).ToList();
        waiting.Add(Wait("other", "c"));

        await ServeAsync(waiting, 5);

        Assert.Equal(["shop a", "other c", "shop b", "shop a", "shop a"], _served);
    }

    [Fact]
    public async Task Users_pay_for_cluster_scoped_objects()
    {
        List<Task<bool>> waiting = [Wait(null, "a"), Wait(null, "a"), Wait(null, "b"), Wait("a", "b")];

        await ServeAsync(waiting, 3);

        Assert.Equal([" a", " b", "a b"], _served);
    }

    [Fact]
    public async Task Serves_a_burst_at_once_and_refills_it_up_to_its_size()
    {
        _rate = new(new(Burst: 2, Period, MostWaiting: 0), _time);
        _time.Advance(Period * 100);

        var first = await Task.WhenAll(Wait("shop", "a"), Wait("shop", "a"), Wait("shop", "a"));
        _time.Advance(Period);
        var second = await Task.WhenAll(Wait("shop", "a"), Wait("shop", "a"));

        Assert.Equal([true, true, false], first);
        Assert.Equal([true, false], second);
    }

    [Fact]
    public async Task A_later_request_does_not_overtake_waiting_ones()
    {
        var time = new LateTimers();
        await StartAsync(new(Burst: 1, Period, MostWaiting: 100), time);
        var early = Wait("shop", "a");
        time.Advance(Period);

        var late = Wait("shop", "a");

        Assert.True(await early);
        Assert.False(late.IsCompleted);
    }

    [Fact]
    public async Task Rejects_more_requests_of_a_full_namespace_but_not_of_others()
    {
        var waiting = Enumerable.Range(0, 100).Select(_ => Wait("flood", "a")).ToList();

        Assert.False(await Wait("flood", "a"));
        Assert.False(Wait("quiet", "a").IsCompleted);
        Assert.DoesNotContain(waiting, wait => wait.IsCompleted);
    }

    [Fact]
    public async Task A_full_namespace_replaces_the_newest_request_of_its_busiest_user()
    {
        var waiting = Enumerable.Range(0, 100).Select(_ => Wait("shop", "greedy")).ToList();

        var modest = Wait("shop", "modest");

        Assert.False(await waiting[^1]);
        await ServeAsync([.. waiting, modest], 2);
        Assert.Contains("shop modest", _served);
    }

    [Fact]
    public async Task A_full_queue_replaces_the_newest_request_of_the_busiest_namespace()
    {
        await StartAsync(new(Burst: 1, Period, MostWaiting: 100, MostInAll: 10));
        var waiting = Enumerable.Range(0, 10).Select(_ => Wait("flood", "a")).ToList();

        Assert.False(await Wait("flood", "a"));
        var quiet = Wait("quiet", "b");

        Assert.False(await waiting[^1]);
        await ServeAsync([.. waiting, quiet], 2);
        Assert.Contains("quiet b", _served);
    }

    [Fact]
    public async Task A_full_queue_rejects_a_request_when_no_namespace_has_more_than_another()
    {
        await StartAsync(new(Burst: 1, Period, MostWaiting: 100, MostInAll: 2));
        List<Task<bool>> waiting = [Wait("one", "a"), Wait("two", "a")];

        Assert.False(await Wait("three", "a"));
        Assert.DoesNotContain(waiting, wait => wait.IsCompleted);
        await ServeAsync(waiting, 1);
        Assert.False(Wait("three", "a").IsCompleted);
    }

    [Fact]
    public async Task A_cancelled_request_costs_nothing_and_does_not_block_others()
    {
        using var giveUp = new CancellationTokenSource();
        var impatient = Wait("shop", "a", giveUp.Token);
        var patient = Wait("shop", "a");

        await giveUp.CancelAsync();
        Assert.False(await impatient);
        _time.Advance(Period);

        Assert.True(await patient);
    }

    private async Task StartAsync(FairRateLimits limits, TimeProvider? time = null)
    {
        _rate.Dispose();
        _rate = new(limits, time ?? _time);
        await Wait("first", "a");
    }

    private async Task<bool> Wait(string? @namespace, string user, CancellationToken cancellation = default)
    {
        var hasTurn = await _rate.WaitAsync(new(@namespace, user), cancellation);
        lock (_served)
            _served.Add($"{@namespace} {user}");
        return hasTurn;
    }

    /// <summary>So many turns, each after the one before has been taken.</summary>
    private async Task ServeAsync(IReadOnlyList<Task<bool>> waiting, int turns)
    {
        _served.Clear();
        for (var i = 0; i < turns; i++)
        {
            var still = waiting.Where(wait => !wait.IsCompleted).ToList();
            _time.Advance(Period);
            await Task.WhenAny(still).WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(1, still.Count(wait => wait.IsCompleted));
        }
    }

    /// <summary>Its timers never fire.</summary>
    private sealed class LateTimers : FakeTimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(_ => { }, state, dueTime, period);
    }
}
