using System.Globalization;
using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AdmissionWebhook.Server.Tests.Cluster;

/// <summary>The whole server while its API server misbehaves: it answers throughout, its metrics tell, and it recovers.</summary>
public abstract partial class FaultTests(HttpProtocols protocol)
{
    private const string Services = "/api/v1/services";

    [Theory]
    [InlineData(401, "Unauthorized", 0)]
    [InlineData(403, "Forbidden", 1)]
    [InlineData(429, "TooManyRequests", 0)]
    [InlineData(500, "InternalError", 0)]
    public async Task Answers_reviews_while_a_watch_is_forbidden_and_metrics_report_it(int code, string reason, int stale)
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        await using var server = await RunningServer.WatchingAsync(cluster.Address);

        cluster.Faults.AnswerAlways(Services, code, reason);
        cluster.Faults.CutWatches();
        await server.UntilAsync("/readyz?verbose", $"{reason} on purpose");
        await server.UntilMetricAsync("stale", "Service", stale);
        await AnswersAsync(server);
        Assert.NotEqual(0, await ReadAsync(server, "watch_failures_total"));

        cluster.Faults.AnswerAlways(Services, 0, "");
        cluster.Put(WatchedKind.Service("recovered"));
        await server.UntilMetricAsync("objects", "Service", 1);
        await server.UntilMetricAsync("stale", "Service", 0);
    }

    [Fact]
    public async Task A_dead_connection_shows_as_silence_and_then_as_a_stale_kind()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        var times = WatchedKind.Impatient with { QuietLimit = TimeSpan.FromSeconds(2), StaleAfter = TimeSpan.FromSeconds(2.5) };
        await using var server = await RunningServer.WatchingAsync(cluster.Address, times);

        cluster.Faults.FallSilent();
        await server.UntilAsync("/readyz?verbose", "no data for 2 seconds");
        Assert.InRange(await ReadAsync(server, "last_heard_seconds"), 1.5, 15);
        await server.UntilMetricAsync("stale", "Service", 1);
        await AnswersAsync(server);

        cluster.Faults.SpeakAgain();
        cluster.Put(WatchedKind.Service("recovered"));
        await server.UntilMetricAsync("objects", "Service", 1);
        await server.UntilMetricAsync("stale", "Service", 0);
        Assert.InRange(await ReadAsync(server, "last_heard_seconds"), 0, 2);
    }

    [Fact]
    public async Task An_expired_version_shows_as_one_more_list()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        cluster.Put(WatchedKind.Service("a") + "\n---\n" + WatchedKind.Service("b"));
        await using var server = await RunningServer.WatchingAsync(cluster.Address);
        await server.UntilMetricAsync("lists_total", "Service", 1);

        cluster.Faults.DropsEvents = true;
        cluster.Delete(WatchedKind.ServiceReference("a"));
        cluster.Faults.DropsEvents = false;
        cluster.Faults.AnswerOnce(Services, 410, "Expired", watch: true);
        cluster.Faults.CutWatches();

        await server.UntilMetricAsync("lists_total", "Service", 2);
        await server.UntilMetricAsync("objects", "Service", 1);
        await AnswersAsync(server);
    }

    [Fact]
    public async Task Broken_connections_show_as_failures_and_lose_no_event()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        cluster.Faults.AbortsConnections = true;
        await using var server = await RunningServer.WatchingAsync(cluster.Address);

        for (var i = 0; i < 10; i++)
        {
            var failures = await ReadAsync(server, "watch_failures_total");
            cluster.Faults.CutWatches();
            cluster.Put(WatchedKind.Service($"s{i}"));
            await server.UntilMetricAsync("objects", "Service", i + 1);
            Assert.NotEqual(failures, await ReadAsync(server, "watch_failures_total"));
            await AnswersAsync(server);
        }

        Assert.Equal(1, await ReadAsync(server, "lists_total"));
    }

    [Fact]
    public async Task Counts_the_periodic_list_that_repairs_lost_events()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        cluster.Faults.StreamsLists = true;
        await using var server = await RunningServer.WatchingAsync(cluster.Address, WatchedKind.Impatient with { RelistAfter = TimeSpan.Zero });
        cluster.Faults.DropsEvents = true;

        cluster.Put(WatchedKind.Service("dropped"));
        Assert.Equal(0, await ReadAsync(server, "objects"));
        cluster.Faults.CutWatches();

        await server.UntilMetricAsync("objects", "Service", 1);
        Assert.Equal(2, await ReadAsync(server, "lists_total"));
    }

    [Fact]
    public async Task Counts_a_duplicate_event_once()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        cluster.Faults.RepeatsEvents = true;
        await using var server = await RunningServer.WatchingAsync(cluster.Address);

        cluster.Put(WatchedKind.Service("a") + "\n---\n" + WatchedKind.Service("b"));
        cluster.Delete(WatchedKind.ServiceReference("a"));
        cluster.Put(WatchedKind.Service("c"));

        await server.UntilAsync("/metrics", "objects{kind=\"Service\"} 2\n");
        Assert.Equal(0, await ReadAsync(server, "watch_failures_total"));
        Assert.Equal(1, await ReadAsync(server, "lists_total"));
    }

    [Fact]
    public async Task A_lagging_watch_denies_nothing_and_live_reads_are_counted()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        cluster.Put("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}");
        await using var server = await RunningServer.WatchingAsync(cluster.Address);
        await server.UntilMetricAsync("objects", "IngressClass", 1);
        Assert.False((bool)(await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress)))["allowed"]!);

        cluster.Faults.DropsEvents = true;
        cluster.Put("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}]}}");

        Assert.True((bool)(await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress)))["allowed"]!);
        Assert.Equal(0, await ReadAsync(server, "objects"));
        await server.UntilAsync("/metrics", "admission_webhook_live_reads_total{result=\"found\"} 1\n");
    }

    [Fact]
    public async Task A_hanging_live_read_delays_no_answer_beyond_the_callers_timeout()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        await using var server = await RunningServer.WatchingAsync(cluster.Address);
        cluster.Faults.HoldAnswers();

        var response = await server.ReviewAsync("/validate?timeout=2s", Reviews.Of(Reviews.GoodIngress));

        Assert.False((bool)response["allowed"]!);
        Assert.Contains(cluster.Requests, request => request.StartsWith("GET /api/v1/namespaces/shop/services/web", StringComparison.Ordinal));
        Assert.DoesNotMatch("admission_webhook_live_reads_total{.*} [1-9]", (await server.GetAsync("/metrics")).Text);
    }

    [Fact]
    public async Task Retries_a_list_that_never_ends()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        cluster.Put(WatchedKind.Service("a"));
        cluster.Faults.HoldAnswers();
        await using var server = await RunningServer.BesideAsync(cluster.Address, WatchedKind.Impatient with { QuietLimit = TimeSpan.FromSeconds(1) });

        await server.UntilAsync("/readyz?verbose", "no data for 1 seconds");
        cluster.Faults.GiveAnswers();

        await server.UntilMetricAsync("objects", "Service", 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reads_the_largest_stored_object_completely(bool isListed)
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        if (isListed)
            cluster.Put(Huge());
        await using var server = await RunningServer.WatchingAsync(cluster.Address);
        if (!isListed)
            cluster.Put(Huge());

        await server.UntilMetricAsync("objects", "Service", 1);
        Assert.Equal(0, await ReadAsync(server, "watch_failures_total"));

        static string Huge() => WatchedKind.Service($"huge, annotations: {{a: {new string('x', 1_400_000)}}}");
    }

    [Fact]
    public async Task All_requests_use_the_configured_protocol()
    {
        await using var cluster = await FakeApiServer.StartAsync(encrypted: protocol);
        await using var server = await RunningServer.WatchingAsync(cluster.Address);

        Assert.Equal([protocol == HttpProtocols.Http2 ? "HTTP/2" : "HTTP/1.1"], cluster.Protocols.Keys);
    }

    private static async Task AnswersAsync(RunningServer server)
    {
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));
        Assert.Equal("ok", (await server.GetAsync("/readyz")).Text);
    }

    /// <summary>What the metrics say of Services.</summary>
    private static async Task<double> ReadAsync(RunningServer server, string name)
    {
        var match = ServiceMetric().Matches((await server.GetAsync("/metrics")).Text).Single(match => match.Groups["name"].Value == name);
        return double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("""^admission_webhook_cluster_(?<name>\w+)\{kind="Service"\} (?<value>\S+)$""", RegexOptions.Multiline)]
    private static partial Regex ServiceMetric();
}

public sealed class FaultsOverHttp1Tests() : FaultTests(HttpProtocols.Http1);

public sealed class FaultsOverHttp2Tests() : FaultTests(HttpProtocols.Http2);
