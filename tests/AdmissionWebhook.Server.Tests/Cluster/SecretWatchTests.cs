using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class SecretWatchTests
{
    [Fact]
    public async Task Reads_only_TLS_Secrets_and_only_while_a_rule_needs_certificates()
    {
        var server = await FakeApiServer.StartAsync();
        server.Put("{apiVersion: v1, kind: Secret, metadata: {name: web-tls}, type: kubernetes.io/tls, data: {tls.crt: bm9uZQ==, tls.key: a2V5}}");
        await using var watched = await WatchedKind.StartAsync(server, ResourceKind.Secret);
        using (var tick = new PeriodicTimer(WatchedKind.Impatient.WantedEvery * 5))
            await tick.WaitForNextTickAsync();
        Assert.Empty(server.Requests);

        watched.Policies.Value = PolicyOf("ingress-tls-secret: {}");
        await watched.UntilAsync(state => state.Find<Secret>("default", "web-tls").Found is { HasKey: true, HasCertificate: true }, "the Secret is known");
        watched.Policies.Value = PolicyOf("ingress-tls-secret: {enforcement: 'Off'}");
        await watched.UntilAsync(state => IsForgotten(state) || Cut(), "the Secret is forgotten");

        Assert.All(server.Requests, request => Assert.StartsWith("GET /api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls&", request, StringComparison.Ordinal));

        static bool IsForgotten(ClusterState state) => state.Count == 0 && !state.Knows(ResourceKind.Secret);

        // Again and again: after a list the watch may begin only once it was cut.
        bool Cut()
        {
            server.Faults.CutWatches();
            return false;
        }
    }

    [Fact]
    public async Task Reports_errors_of_the_Secret_watch_until_no_rule_needs_Secrets()
    {
        var server = await FakeApiServer.StartAsync();
        server.Faults.AnswerAlways("/api/v1/secrets", 403, "Forbidden");
        await using var watched = await WatchedKind.StartAsync(server, ResourceKind.Secret);
        await watched.UntilAsync(_ => watched.Status.IsResting, "nobody asks");

        watched.Policies.Value = PolicyOf("ingress-tls-secret: {}");
        await watched.UntilAsync(_ => watched.Status is { IsResting: false, IsStale: true, Fault: not null }, "the refusal is told");
        watched.Policies.Value = PolicyOf("ingress-tls-secret: {enforcement: 'Off'}");
        await watched.UntilAsync(_ => watched.Status is { IsResting: true, IsStale: false, Fault: null }, "nobody asks any more");
    }
}
