using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class SecretWatchTests
{
    [Fact]
    public async Task Secrets_are_read_only_while_a_rule_asks_for_certificates_and_only_those_that_hold_some()
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
        server.Faults.CutWatches();
        await watched.UntilAsync(state => state.Count == 0 && !state.Knows(ResourceKind.Secret), "the Secret is forgotten");

        Assert.All(server.Requests, request => Assert.StartsWith("GET /api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls&", request, StringComparison.Ordinal));
    }
}
