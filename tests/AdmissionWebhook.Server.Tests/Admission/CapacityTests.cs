using System.Net;
using System.Text;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Audit;
using AdmissionWebhook.Server.Claims;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class CapacityTests : IDisposable
{
    private readonly StopWatch _clock = new();
    private readonly Metrics _metrics = new([]);

    private static int MostBytes => (int)Math.Min(64 * 1024 * 1024, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void As_many_reviews_are_taken_as_are_allowed_and_more_when_some_have_left()
    {
        var capacity = NewCapacity(mostReviews: 2);

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => Enters(capacity, "10s")));
        capacity.Leave();
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => Enters(capacity, "10s")));
    }

    [Theory]
    [InlineData(600, "3s", true)]
    [InlineData(650, "3s", false)]
    [InlineData(650, "10s", true)]
    [InlineData(2500, "10s", false)]
    public void A_review_is_refused_when_waiting_for_a_thread_would_take_a_quarter_of_its_time(int milliseconds, string timeout, bool expected)
    {
        var capacity = NewCapacity();
        Assert.True(capacity.TrySendProbe());

        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(expected, Enters(capacity, timeout));
        capacity.ReceiveProbe();
        Assert.Equal(expected, Enters(capacity, timeout));
    }

    [Fact]
    public void Reviews_are_taken_again_once_work_is_taken_up_soon()
    {
        var capacity = NewCapacity();
        capacity.TrySendProbe();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.False(Enters(capacity, "3s"));
        Assert.False(capacity.TrySendProbe());
        capacity.ReceiveProbe();

        Assert.True(capacity.TrySendProbe());
        capacity.ReceiveProbe();

        Assert.True(Enters(capacity, "3s"));
    }

    [Fact]
    public void Bodies_take_a_limited_amount_of_memory()
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
    public async Task Large_bodies_give_all_their_memory_back(int size, string further, int expected)
    {
        var capacity = NewCapacity();

        for (var i = 0; i < 10; i++)
            Assert.Equal(expected, await PostAsync(capacity, [.. ReviewOf(size), .. Encoding.UTF8.GetBytes(further)]));

        Assert.True(capacity.TryReserve(MostBytes));
    }

    [Fact]
    public async Task A_large_body_for_which_no_memory_is_left_is_asked_to_come_again_and_counted_once()
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
    public async Task A_body_may_be_as_large_as_the_limit_and_no_larger(int more, int expected)
    {
        var capacity = NewCapacity();

        Assert.Equal(expected, await PostAsync(capacity, ReviewOf(capacity.LargestReview + more)));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Beyond_its_limit_the_server_asks_API_servers_to_come_again_and_recovers(string version)
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxReviews", "1"));
        var body = new StreamInTwoParts(Encoding.UTF8.GetBytes(Reviews.Sample("allowed")));
        using var slow = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Webhook, "/validate")) { Version = HttpVersion.Version20, Content = new StreamContent(body), Headers = { ExpectContinue = true } };
        var first = server.Client.SendAsync(slow);

        // It is asked to continue by who reads it, so it has its place by then.
        await body.FirstPartRead;

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Webhook, "/validate")) { Version = Version.Parse(version), Content = new StringContent(Reviews.Sample("allowed")) };
        using var refused = await server.Client.SendAsync(request);
        body.Release();
        using var answered = await first;

        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        await server.ReviewAsync("/validate", Reviews.Sample("allowed"));
        Assert.Contains("admission_webhook_refused_reviews_total{reason=\"reviews\"} 1\n", (await server.GetAsync("/metrics")).Text, StringComparison.Ordinal);
        await server.Log.WaitForAsync("Reviews are refused for there are too many (reviews)");
    }

    [Fact]
    public async Task Refused_bodies_give_their_place_back()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxReviews", "1"));

        for (var i = 0; i < 10; i++)
        {
            using var answer = await server.PostAsync("/validate", "{}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    private bool Enters(Capacity capacity, string timeout)
    {
        using var deadline = Deadline.Begin("?timeout=" + timeout, _clock);
        return capacity.TryEnter(deadline, _clock.GetTimestamp());
    }

    private static byte[] ReviewOf(int size) => Encoding.UTF8.GetBytes(Reviews.Of(Reviews.GoodIngress).PadRight(size));

    private async Task<int> PostAsync(Capacity capacity, byte[] body)
    {
        await using var audit = new AuditLog(SettingsOf(100), _metrics, _clock, NullLogger<AuditLog>.Instance);
        var endpoint = new AdmissionEndpoint(new(PolicySet.Default), new(ClusterState.Unknown), audit, capacity, _metrics, _clock, new(_metrics, _clock, NullLogger<ClaimLedger>.Instance, new(_clock)), NullLogger<AdmissionEndpoint>.Instance);
        var context = new DefaultHttpContext { Request = { Body = new MemoryStream(body) } };
        await endpoint.ValidateAsync(context);
        return context.Response.StatusCode;
    }

    private Capacity NewCapacity(int mostReviews = 100) => new(SettingsOf(mostReviews), _metrics, _clock, NullLogger<Capacity>.Instance);

    private static ServerSettings SettingsOf(int mostReviews) =>
        ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection([new("Webhook:MaxReviews", $"{mostReviews}"), new("Audit:Stdout", "false")]).Build(), inCluster: false);
}
