using System.Net;
using System.Text;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Audit;
using AdmissionWebhook.Server.Callers;
using AdmissionWebhook.Server.Claims;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class CapacityTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Metrics _metrics = new([]);

    private static int MostBytes => (int)Math.Min(64 * 1024 * 1024, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 6);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Accepts_reviews_up_to_the_limit_and_more_when_others_end()
    {
        var capacity = NewCapacity(mostReviews: 2);

        Assert.Equal([true, true, false], new[] { "10.0.0.1", "10.0.0.2", "10.0.0.3" }.Select(address => capacity.TryEnter(At(address))));
        capacity.Leave(At("10.0.0.1"));
        Assert.Equal([true, false], new[] { "10.0.0.1", "10.0.0.3" }.Select(address => capacity.TryEnter(At(address))));
    }

    [Fact]
    public void Accepts_half_of_the_reviews_from_one_address()
    {
        var capacity = NewCapacity(mostReviews: 4);

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => capacity.TryEnter(At("10.0.0.1"))));
        Assert.True(capacity.TryEnter(At("10.0.0.2")));
    }

    [Fact]
    public async Task Decides_one_large_review_at_a_time()
    {
        const int Large = 9 * 1024 * 1024;
        var capacity = NewCapacity();
        using var deadline = Deadline.Begin("?timeout=300ms", TimeProvider.System);

        Assert.True(await capacity.TryReserveObjectsAsync(Large, deadline));
        Assert.False(await capacity.TryReserveObjectsAsync(Large, deadline));
        Assert.True(await capacity.TryReserveObjectsAsync(Large / 5, deadline));
        capacity.FreeObjects(Large);
        Assert.True(await capacity.TryReserveObjectsAsync(Large, deadline));
    }

    [Fact]
    public void A_stalled_body_gives_way_to_a_later_one()
    {
        var capacity = NewCapacity(mostReviews: 4);
        using var deadline = Deadline.Begin("?timeout=10s", TimeProvider.System);

        var gaveWay = new List<int>();

        var bodies = Enumerable.Range(0, 3).Select(i => capacity.AwaitBody(At("10.0.0.1"), deadline, () => gaveWay.Add(i))).ToList();
        var other = capacity.AwaitBody(At("10.0.0.2"), deadline, () => gaveWay.Add(3));

        Assert.Equal([0], gaveWay);
        bodies.Append(other).ToList().ForEach(capacity.HasCome);
    }

    [Theory]
    [InlineData(600, "3s", true)]
    [InlineData(650, "3s", false)]
    [InlineData(650, "10s", true)]
    [InlineData(2500, "10s", false)]
    public void Rejects_a_review_that_would_wait_a_quarter_of_its_time_for_a_thread(int milliseconds, string timeout, bool expected)
    {
        var capacity = NewCapacity();
        Assert.True(capacity.TrySendProbe());

        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(expected, IsInTime(capacity, timeout));
        capacity.ReceiveProbe();
        Assert.Equal(expected, IsInTime(capacity, timeout));
    }

    [Fact]
    public void Accepts_reviews_again_once_threads_are_free()
    {
        var capacity = NewCapacity();
        capacity.TrySendProbe();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.False(IsInTime(capacity, "3s"));
        Assert.False(capacity.TrySendProbe());
        capacity.ReceiveProbe();

        Assert.True(capacity.TrySendProbe());
        capacity.ReceiveProbe();

        Assert.True(IsInTime(capacity, "3s"));
    }

    [Fact]
    public void Limits_the_memory_of_bodies()
    {
        var capacity = NewCapacity();

        Assert.True(capacity.TryReserve(MostBytes - 100));
        Assert.False(capacity.TryReserve(101));
        Assert.True(capacity.TryReserve(100));
        capacity.Free(101);
        Assert.True(capacity.TryReserve(101));
    }

    [Theory]
    [InlineData(1_000_000, "", StatusCodes.Status200OK)]
    [InlineData(1_000_000, "}", StatusCodes.Status400BadRequest)]
    [InlineData(4_000_000, "", StatusCodes.Status413PayloadTooLarge)]
    public async Task Frees_all_memory_of_large_bodies(int size, string further, int expected)
    {
        var capacity = NewCapacity();

        for (var i = 0; i < 10; i++)
            Assert.Equal(expected, await PostAsync(capacity, [.. ReviewOf(size), .. Encoding.UTF8.GetBytes(further)]));

        Assert.True(capacity.TryReserve(MostBytes));
    }

    [Fact]
    public async Task Answers_429_once_to_a_large_body_without_free_memory()
    {
        var capacity = NewCapacity();
        using var metrics = new PrometheusText(_metrics);
        Assert.True(capacity.TryReserve(MostBytes - (16 * 1024)));

        Assert.Equal(StatusCodes.Status429TooManyRequests, await PostAsync(capacity, ReviewOf(1_000_000)));

        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        await metrics.WriteAsync(context);
        Assert.Contains("admission_webhook_refused_reviews_total{reason=\"memory\"} 1\n", Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()), StringComparison.Ordinal);
        Assert.Equal(StatusCodes.Status200OK, await PostAsync(capacity, ReviewOf(10_000)));
        Assert.True(capacity.TryReserve(16 * 1024));
    }

    [Theory]
    [InlineData(0, StatusCodes.Status200OK)]
    [InlineData(1, StatusCodes.Status413PayloadTooLarge)]
    public async Task Accepts_a_body_up_to_the_size_limit(int more, int expected)
    {
        var capacity = NewCapacity();

        Assert.Equal(expected, await PostAsync(capacity, ReviewOf(capacity.LargestReview + more)));
    }

    [Fact]
    public async Task Answers_429_when_too_many_reviews_are_in_progress()
    {
        var capacity = NewCapacity(mostReviews: 1);
        capacity.TryEnter(At("10.0.0.1"));
        var context = new DefaultHttpContext();

        var refused = await PostAsync(capacity, ReviewOf(100), context);
        capacity.Leave(At("10.0.0.1"));
        var answered = await PostAsync(capacity, ReviewOf(100));

        Assert.Equal((StatusCodes.Status429TooManyRequests, "1"), (refused, context.Response.Headers.RetryAfter.ToString()));
        Assert.Equal(StatusCodes.Status200OK, answered);
    }

    [Fact]
    public async Task A_review_without_its_body_takes_no_place_of_a_complete_review()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxReviews", "2"), ("Webhook:MaxReviewsPerAddress", "2"), ("Webhook:BodyTimeout", "30s"));
        using var never = new StreamContent(new NeverEndingStream());
        using var abandoned = new CancellationTokenSource();
        var first = server.Client.PostAsync(new Uri(server.Webhook, "/validate?timeout=30s"), never, abandoned.Token);

        for (var i = 0; i < 3; i++)
            await server.ReviewAsync("/validate", Reviews.Sample("allowed"));

        Assert.False(first.IsCompleted);
        await abandoned.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task Rejects_a_late_body_over_HTTP_2()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:Http2", "true"), ("Webhook:BodyTimeout", "1s"));
        using var never = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Webhook, "/validate?timeout=30s")) { Version = HttpVersion.Version20, Content = new StreamContent(new NeverEndingStream()) };

        using var answer = await server.Client.SendAsync(never);

        Assert.Equal(HttpStatusCode.RequestTimeout, answer.StatusCode);
        await server.UntilAsync("/metrics", "admission_webhook_refused_reviews_total{reason=\"body\"} 1\n");
        await server.ReviewAsync("/validate", Reviews.Sample("allowed"));
        Assert.DoesNotContain(server.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_each_of_thirty_two_large_bodies_or_asks_for_a_retry()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxReviewBytes", "20971520"));
        var large = Reviews.Of(Reviews.GoodIngress).PadRight(12 * 1024 * 1024);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            using var answer = await server.PostAsync("/validate?timeout=30s", new StringContent(large));
            return answer.StatusCode;
        }));

        Assert.All(statuses, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout, $"{status}"));
        Assert.Contains(HttpStatusCode.OK, statuses);
        await server.ReviewAsync("/validate", Reviews.Sample("allowed"));
    }

    [Fact]
    public async Task A_rejected_body_frees_its_place()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxReviews", "1"));

        for (var i = 0; i < 10; i++)
        {
            using var answer = await server.PostAsync("/validate", "{}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    private static SourceAddress At(string address) => SourceAddress.Of(new IPEndPoint(IPAddress.Parse(address), 1));

    private bool IsInTime(Capacity capacity, string timeout)
    {
        using var deadline = Deadline.Begin("?timeout=" + timeout, _clock);
        return capacity.IsInTime(deadline, _clock.GetTimestamp());
    }

    private static byte[] ReviewOf(int size) => Encoding.UTF8.GetBytes(Reviews.Of(Reviews.GoodIngress).PadRight(size));

    private async Task<int> PostAsync(Capacity capacity, byte[] body, DefaultHttpContext? posted = null)
    {
        await using var audit = new AuditLog(SettingsOf(100), _metrics, _clock, NullLogger<AuditLog>.Instance);
        var endpoint = new AdmissionEndpoint(new(PolicySet.Default), new(ClusterState.Unknown), audit, capacity, _metrics, _clock, new(_metrics, _clock, NullLogger<ClaimLedger>.Instance, new(_clock)), NullLogger<AdmissionEndpoint>.Instance);
        var context = posted ?? new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        await endpoint.ValidateAsync(context);
        return context.Response.StatusCode;
    }

    private Capacity NewCapacity(int mostReviews = 100) => new(SettingsOf(mostReviews), _metrics, _clock, NullLogger<Capacity>.Instance);

    private static ServerSettings SettingsOf(int mostReviews) =>
        ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection([new("Webhook:MaxReviews", $"{mostReviews}"), new("Audit:Stdout", "false")]).Build(), inCluster: false);
}
