using AdmissionWebhook.Server.Tests.Cluster;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Claims;

/// <summary>Replicas beside one API server that stores no Ingress, so that nothing but their claims tells them of each other.</summary>
public sealed class ClaimTests : IAsyncLifetime, IDisposable
{
    private const string Leases = "/apis/coordination.k8s.io/v1/namespaces/admission-webhook/leases";

    private readonly TemporaryFolder _folder = new();
    private FakeApiServer _api = null!;

    public async ValueTask InitializeAsync() => _api = await FakeApiServer.StartAsync();

    public async ValueTask DisposeAsync() => await _api.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_replicas_allow_only_one_of_two_Ingresses_that_claim_a_host_at_once()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();

        for (var i = 0; i < 50; i++)
        {
            var allowed = await Task.WhenAll(AskAsync(one, "shop", $"h{i}.example.com"), AskAsync(two, "blog", $"h{i}.example.com"));

            Assert.Single(allowed, isAllowed => isAllowed);
        }
    }

    [Fact]
    public async Task Two_replicas_allow_only_one_of_a_wildcard_and_a_host_below_it()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();

        for (var i = 0; i < 20; i++)
        {
            var allowed = await Task.WhenAll(AskAsync(one, "shop", $"*.w{i}.example.com"), AskAsync(two, "blog", $"a.w{i}.example.com"));

            Assert.NotEqual([true, true], allowed);
        }
    }

    [Fact]
    public async Task A_replica_without_an_API_server_allows_only_one_of_two_claims()
    {
        await using var server = await RunningServer.StartAsync(("Policy:Files", Policy("{}")));

        Assert.True(await AskAsync(server, "shop", "a.example.com"));
        Assert.False(await AskAsync(server, "blog", "a.example.com"));
    }

    [Fact]
    public async Task A_denial_names_the_Ingress_that_claimed_the_host()
    {
        await using var server = await StartAsync();
        await AskAsync(server, "shop", "a.example.com");

        var response = await server.ReviewAsync("/validate", Review("blog", "a.example.com"));

        Assert.Equal(
            "spec.rules[0].host: host \"a.example.com\" was claimed a moment ago by Ingress shop/web. Use another host; if that Ingress does not exist in 10 seconds, try again. [ingress-host-conflict]",
            (string?)response["status"]!["message"]);
    }

    [Fact]
    public async Task A_dry_run_claims_nothing()
    {
        await using var server = await StartAsync();

        await server.ReviewAsync("/validate", Review("shop", "a.example.com").Replace("\"operation\"", "\"dryRun\": true, \"operation\"", StringComparison.Ordinal));

        Assert.True(await AskAsync(server, "blog", "a.example.com"));
        Assert.Single(_api.Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("shop", "shop", "{}", true)]
    [InlineData("shop", "blog", "{enforcement: Warn}", true)]
    [InlineData("shop", "blog", "{parameters: {compare: Path}}", true)]
    [InlineData("shop", "blog", "{}", false)]
    public async Task Shares_a_claim_only_when_the_policy_allows_it(string first, string second, string setting, bool expected)
    {
        await using var one = await StartAsync(setting);
        await using var two = await StartAsync(setting);

        Assert.True(await AskAsync(one, first, "a.example.com", "/one", "one"));
        Assert.Equal(expected, await AskAsync(two, second, "a.example.com", "/two", "two"));
    }

    [Fact]
    public async Task A_host_that_an_Ingress_gave_up_is_free_at_once()
    {
        await using var server = await StartAsync();
        Assert.True(await AskAsync(server, "shop", "a.example.com"));

        _api.Put(Ingress("shop", "a.example.com", "/", "web"));
        await server.UntilAsync("/metrics", "admission_webhook_cluster_objects{kind=\"Ingress\"} 1\n");
        _api.DeleteAt("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web");

        Assert.True(await AskAsync(server, "blog", "a.example.com"));
    }

    [Fact]
    public async Task A_create_of_an_existing_Ingress_holds_its_host_only_until_the_API_server_rejects_it()
    {
        await using var server = await StartAsync();
        _api.Put(Ingress("shop", "old.example.com", "/", "web"));
        await server.UntilAsync("/metrics", "admission_webhook_cluster_objects{kind=\"Ingress\"} 1\n");

        Assert.True(await AskAsync(server, "shop", "new.example.com"));
        Assert.False(await AskAsync(server, "blog", "new.example.com"));

        await Policies.PolicyCluster.UntilAsync(() => AskAsync(server, "blog", "new.example.com"), "the claim has ended");
        Assert.Equal("old.example.com", (string?)_api.Find("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web")!["spec"]!["rules"]![0]!["host"]);
    }

    [Fact]
    public async Task A_create_keeps_its_claim_when_the_old_Ingress_is_deleted_meanwhile()
    {
        await using var server = await StartAsync();
        _api.Put(Ingress("shop", "old.example.com", "/", "web"));
        await server.UntilAsync("/metrics", "admission_webhook_cluster_objects{kind=\"Ingress\"} 1\n");

        Assert.True(await AskAsync(server, "shop", "new.example.com"));
        _api.DeleteAt("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web");
        _api.Put(Ingress("shop", "new.example.com", "/", "web"));

        Assert.False(await AskAsync(server, "blog", "new.example.com"));
    }

    [Fact]
    public async Task An_update_without_a_new_host_writes_no_claim()
    {
        await using var server = await StartAsync();
        var stored = Ingress("shop", "a.example.com", "/one", "web");

        await server.ReviewAsync("/validate", Reviews.Of(stored.Replace("/one", "/two", StringComparison.Ordinal), stored, "UPDATE"));

        Assert.DoesNotContain(_api.Requests, request => request.Contains("claim", StringComparison.Ordinal) || request.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Claims_hold_in_each_replica_when_Leases_cannot_be_written_and_log_and_metric_report_it()
    {
        _api.Faults.AnswerAlways(Leases, 403, "Forbidden");
        await using var one = await StartAsync();
        await using var two = await StartAsync();

        Assert.True(await AskAsync(one, "shop", "a.example.com"));
        Assert.True(await AskAsync(two, "blog", "a.example.com"));
        Assert.False(await AskAsync(one, "blog", "a.example.com"));
        await one.UntilAsync("/metrics", "admission_webhook_claims_total{result=\"unshared\"} 1\n");
        await one.Log.WaitForAsync("Cannot share claims of hosts");
    }

    private static async Task<bool> AskAsync(RunningServer server, string @namespace, string host, string path = "/", string name = "web") =>
        (bool)(await server.ReviewAsync("/validate", Review(@namespace, host, path, name)))["allowed"]!;

    private static string Review(string @namespace, string host, string path = "/", string name = "web") =>
        Reviews.Of(Ingress(@namespace, host, path, name)).Replace("\"namespace\": \"shop\", \"operation\"", $"\"namespace\": \"{@namespace}\", \"operation\"", StringComparison.Ordinal);

    private static string Ingress(string @namespace, string host, string path, string name)
    {
        var paths = path == "/" ? "" : $", \"http\": {{\"paths\": [{{\"path\": \"{path}\", \"pathType\": \"Prefix\"}}]}}";
        return $$"""
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "{{name}}", "namespace": "{{@namespace}}"},
             "spec": {"ingressClassName": "nginx", "rules": [{"host": "{{host}}"{{paths}} }]} }
            """;
    }

    private Task<RunningServer> StartAsync(string setting = "{}") => ReadyAsync(setting);

    private async Task<RunningServer> ReadyAsync(string setting)
    {
        var server = await RunningServer.BesideAsync(_api.Address, WatchedKind.Impatient, settings: [("Policy:Files", Policy(setting))]);
        await server.UntilAsync("/readyz?verbose", "readyz check passed");
        return server;
    }

    private string Policy(string setting) => _folder.Write(
        "policy.yaml", $"{{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {{name: hosts}}, spec: {{rules: {{ingress-host-conflict: {setting}}}}}}}");
}
