using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Server.Tests.Cluster;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Operations;

public sealed class MetricsTests
{
    [Fact]
    public async Task Reviews_are_counted_by_phase_and_verdict_and_nothing_of_the_request_is_a_label()
    {
        await using var server = await RunningServer.StartAsync();

        await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress));
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress));
        await server.ReviewAsync("/mutate", Reviews.Of(Reviews.GoodIngress));

        var (_, text) = await server.GetAsync("/metrics");
        Assert.Contains("admission_webhook_reviews_total{phase=\"validating\",verdict=\"denied\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_reviews_total{phase=\"validating\",verdict=\"allowed\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_review_duration_seconds_bucket{phase=\"mutating\",le=\"+Inf\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_review_duration_seconds_count{phase=\"validating\"} 3\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("shop", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watches_tell_how_they_are_doing_and_so_does_readiness()
    {
        await using var cluster = await FakeApiServer.StartAsync();
        cluster.Faults.AnswerAlways("/api/v1/namespaces", 403, "Forbidden");
        cluster.Put(WatchedKind.Service("a") + "\n---\n" + WatchedKind.Service("b"));
        await using var server = await RunningServer.WatchingAsync(cluster.Address);
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));

        var (_, text) = await server.GetAsync("/metrics");
        Assert.Contains("admission_webhook_cluster_synced{kind=\"Service\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_cluster_objects{kind=\"Service\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_cluster_synced{kind=\"Namespace\"} 0\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("{kind=\"Secret\"}", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_live_reads_total{result=\"missing\"} 2\n", text, StringComparison.Ordinal);
        var (_, ready) = await server.GetAsync("/readyz?verbose");
        Assert.Contains("[+]cluster Service ok\n", ready, StringComparison.Ordinal);
        Assert.Contains($"[+]cluster {ResourceKind.Namespace} ok: stale, what is missing counts as unknown: Forbidden on purpose\n", ready, StringComparison.Ordinal);
    }
}
