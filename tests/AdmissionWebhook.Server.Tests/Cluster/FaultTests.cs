using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Cluster;

/// <summary>The whole server while its API server misbehaves: it answers throughout, its metrics tell, and it recovers.</summary>
public sealed class FaultTests
{
    private const string Services = "/api/v1/services";

    [Theory]
    [InlineData(401, "Unauthorized", 0)]
    [InlineData(403, "Forbidden", 1)]
    [InlineData(429, "TooManyRequests", 0)]
    [InlineData(500, "InternalError", 0)]
    public async Task While_a_watch_fails_reviews_are_answered_and_the_metrics_tell(int code, string reason, int stale)
    {
        await using var cluster = await FakeApiServer.StartAsync();
        using var folder = new TemporaryFolder();
        var kubeconfig = folder.Write("kubeconfig", $"current-context: a\ncontexts: [{{name: a, context: {{cluster: a}}}}]\nclusters: [{{name: a, cluster: {{server: '{cluster.Address}'}}}}]\n");
        await using var server = await RunningServer.StartAsync(("Cluster:Source", "Kubeconfig"), ("Cluster:Kubeconfig", kubeconfig));
        await UntilAsync(server, "/readyz", "ok");

        cluster.Faults.AnswerAlways(Services, code, reason);
        cluster.Faults.CutWatches();
        await UntilAsync(server, "/readyz?verbose", $"{reason} on purpose");
        await UntilAsync(server, "/metrics", $"admission_webhook_cluster_stale{{kind=\"Service\"}} {stale}\n");
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));
        Assert.Equal("ok", (await server.GetAsync("/readyz")).Text);

        cluster.Faults.AnswerAlways(Services, 0, "");
        cluster.Put(WatchedKind.Service("recovered"));
        await UntilAsync(server, "/metrics", "admission_webhook_cluster_objects{kind=\"Service\"} 1\n");
        await UntilAsync(server, "/metrics", "admission_webhook_cluster_stale{kind=\"Service\"} 0\n");
    }

    private static async Task UntilAsync(RunningServer server, string path, string text)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var begin = TimeProvider.System.GetTimestamp(); !(await server.GetAsync(path)).Text.Contains(text, StringComparison.Ordinal); await tick.WaitForNextTickAsync())
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(15), $"{path} never said {text}: {(await server.GetAsync(path)).Text}");
    }
}
