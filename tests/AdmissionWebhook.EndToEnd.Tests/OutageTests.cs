using System.Diagnostics;
using System.Text.Json.Nodes;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>The webhook while its API server stands still: connections are open, and nothing comes through them.</summary>
public sealed class OutageTests(ControlPlane cluster) : IClassFixture<ControlPlane>, IDisposable
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(75);

    private readonly HttpClient _http = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator });

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Answers_in_time_during_an_outage_until_missing_objects_become_unknown()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        Assert.False(await IsAllowedAsync(), "The Service is missing, and that is known.");
        var (longest, begin, isAllowed) = (TimeSpan.Zero, Stopwatch.GetTimestamp(), false);

        cluster.ApiServer.Signal("-STOP");
        try
        {
            using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (Stopwatch.GetElapsedTime(begin) < Outage && await tick.WaitForNextTickAsync())
            {
                var asked = Stopwatch.GetTimestamp();
                isAllowed = await IsAllowedAsync();
                var took = Stopwatch.GetElapsedTime(asked);
                longest = took > longest ? took : longest;
            }

            Assert.True(isAllowed, "A missing Service must not deny while the watch is stale.");
            Assert.True(longest < TimeSpan.FromSeconds(2), $"An answer took {longest}.");
            var metrics = await _http.GetStringAsync(new Uri(cluster.Operations, "metrics"));
            Assert.True(metrics.Contains("admission_webhook_cluster_stale{kind=\"Service\"} 1\n", StringComparison.Ordinal), metrics + cluster.Webhook.Output);
            Assert.Equal("ok", await _http.GetStringAsync(new Uri(cluster.Operations, "readyz")));
        }
        finally
        {
            cluster.ApiServer.Signal("-CONT");
        }

        for (begin = Stopwatch.GetTimestamp(); await IsAllowedAsync();)
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30), "The watches did not recover.");
    }

    /// <summary>Asks about an Ingress to a Service that does not exist, as an API server with a timeout of two seconds would.</summary>
    private async Task<bool> IsAllowedAsync()
    {
        const string Ingress = """
            {"metadata": {"name": "web"}, "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["www.example.com"], "secretName": "tls"}],
             "rules": [{"host": "www.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "missing", "port": {"number": 80} } } }]} }]} }
            """;
        using var answer = await _http.PostAsync(new Uri(cluster.Validate, "?timeout=2s"), new StringContent($$"""
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
             "request": {"uid": "1", "kind": {"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"}, "namespace": "default", "name": "web", "operation": "UPDATE",
               "object": {{Ingress}}, "oldObject": {{Ingress.Replace("missing", "there-before", StringComparison.Ordinal)}} } }
            """));
        return (bool)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["response"]!["allowed"]!;
    }
}
