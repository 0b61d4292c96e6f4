using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.EndToEnd.Tests.Attacks;

/// <summary>What a tenant with the role edit in one namespace tries, against a real API server with the shipped registration and the policy of an organisation.</summary>
public sealed class AttackTests(ReplicatedControlPlane cluster) : IClassFixture<ReplicatedControlPlane>, IDisposable
{
    private const int Pairs = 150;

    private readonly KubernetesApiClient? _client = ControlPlane.IsPresent ? new(KubeConfig.Read([cluster.KubeConfig])) : null;

    public void Dispose() => _client?.Dispose();

    [Fact]
    public async Task Two_tenants_that_create_Ingresses_for_one_host_at_once_do_not_both_get_it()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        for (var i = 0; i < Pairs; i++)
        {
            var (one, two) = (ReplicatedControlPlane.Teams[i % 3], ReplicatedControlPlane.Teams[(i + 1) % 3]);

            var refusals = await Task.WhenAll(CreateAsync(one, Ingress($"race-{i}", $"race-{i}.example.com")), CreateAsync(two, Ingress($"race-{i}", $"race-{i}.example.com")));

            Assert.Contains("[ingress-host-conflict]", Assert.Single(refusals, refusal => refusal is not null), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Denies_the_largest_objects_before_any_other_check()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var ports = Service("wide", "ClusterIP");
        ports["spec"]!["ports"] = new JsonArray([.. Enumerable.Range(1, 40_000).Select(port => new JsonObject { ["port"] = port, ["name"] = $"p{port}" })]);
        var hosts = Ingress("wide", "a.example.com");
        hosts["spec"]!["rules"] = new JsonArray([.. Enumerable.Range(0, 60_000).Select(host => new JsonObject { ["host"] = $"h{host}.co" })]);
        var selector = Service("choosy", "ClusterIP");
        selector["spec"]!["selector"] = new JsonObject(Enumerable.Range(0, 30_000).Select(label => KeyValuePair.Create($"l{label}", (JsonNode?)"")));

        // While others are busy one of them may come too late, and is refused for that.
        string?[] refusals = [await CreateAsync("team-0", ports), await CreateAsync("team-0", hosts), await CreateAsync("team-0", selector)];
        Assert.All(refusals, Assert.NotNull);
        Assert.Contains(refusals, refusal => refusal!.Contains("[object-size]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task JSON_that_rules_cannot_read_does_not_bypass_a_rule()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        await cluster.KubectlAsync("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: alb}, spec: {controller: ingress.k8s.aws/alb}}", "apply", "-f", "-");
        var ingress = Ingress("plain", "plain.example.com");
        ingress["spec"]!["ingressClassName"] = "alb";
        ingress["spec"]!.AsObject().Remove("tls");
        ingress["metadata"]!["annotations"] = new JsonObject { ["alb.ingress.kubernetes.io/listen-ports"] = """[{"\ud800":80}]""" };

        Assert.Contains("[ingress-tls-required]", await CreateAsync("team-0", ingress), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_live_reads_bypasses_no_rule_and_denies_no_other_namespace()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        using var flood = new CancellationTokenSource();
        var floods = Enumerable.Range(0, 12).Select(loop => FloodAsync(loop, flood.Token)).ToList();

        var (outcomes, created) = (new List<string?>(), new List<string?>());
        for (var i = 0; i < 5; i++)
        {
            outcomes.Add(await CreateAsync("team-0", ExternalName($"flood-{i}"), "?dryRun=All"));
            created.Add(await CreateAsync("team-1", Service($"fresh-{i}", "ClusterIP")) ?? await CreateAsync("team-1", Ingress($"fresh-{i}", $"fresh-{i}.example.com", $"fresh-{i}")));
        }

        await flood.CancelAsync();
        await Task.WhenAll(floods);
        Assert.All(outcomes, refusal => Assert.Contains("[service-external-name]", refusal, StringComparison.Ordinal));
        Assert.All(created, Assert.Null);
    }

    [Fact]
    public async Task A_deleted_exemption_ends_despite_a_deeply_nested_one()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        await cluster.KubectlAsync(Exemption("good", "team-1"), "apply", "-f", "-");
        await cluster.UntilAsync("the exemption holds", async () => await CreateAsync("team-1", Service("np", "NodePort"), "?dryRun=All") is null);
        var deep = JsonNode.Parse("{}")!.AsObject();
        for (var depth = 0; depth < 90; depth++)
            deep = new JsonObject { ["f:a"] = deep };
        await _client!.CreateAsync("apis/policy.admissionwebhook.dev/v1alpha1/namespaces/team-2/trafficpolicyexemptions", Encoding.UTF8.GetBytes($$"""
            {"apiVersion": "policy.admissionwebhook.dev/v1alpha1", "kind": "TrafficPolicyExemption", "metadata": {"name": "deep", "managedFields": [{"manager": "m", "operation": "Update",
             "apiVersion": "policy.admissionwebhook.dev/v1alpha1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {{deep.ToJsonString(new() { MaxDepth = 200 })}} }]},
             "spec": {"rules": ["service-port-name"], "names": ["x"], "reason": "r", "owner": "o", "expiresAt": "2999-01-01T00:00:00Z"} }
            """), Ignore, default);

        await cluster.KubectlAsync("", "delete", "trafficpolicyexemption", "good", "--namespace=team-1");

        await cluster.UntilAsync("the exemption no longer holds", async () => await CreateAsync("team-1", Service("np", "NodePort"), "?dryRun=All") is { } refusal && refusal.Contains("[service-no-node-port]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("NodePort", "example.com/a", true)]
    [InlineData("LoadBalancer", "example.com/a", true)]
    [InlineData("ClusterIP", "example.com/a", false)]
    [InlineData("ClusterIP", "haproxy.org/route-acl", true)]
    [InlineData("ClusterIP", "backend-config-snippet", true)]
    public async Task During_an_outage_allows_only_Services_that_do_not_open_the_cluster(string type, string annotation, bool isRefused)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        cluster.Webhook.Signal("-KILL");
        try
        {
            var service = Service($"away-{type.ToLowerInvariant()}", type);
            service["metadata"]!["annotations"] = new JsonObject { [annotation] = "x" };

            var refusal = await CreateAsync("team-1", service, "?dryRun=All");

            Assert.Equal(isRefused, refusal?.Contains("failed calling webhook", StringComparison.Ordinal) is true);
        }
        finally
        {
            await cluster.StartWebhookAsync();
        }
    }

    private async Task FloodAsync(int loop, CancellationToken end)
    {
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            var ingress = Ingress("flood", "flood.example.com");
            ingress["spec"]!["rules"]![0]!["http"]!["paths"] = new JsonArray([.. Enumerable.Range(0, 200).Select(path => Path($"/{path}", $"missing-{loop}-{i}-{path}"))]);
            await CreateAsync("team-0", ingress, "?dryRun=All");
        }
    }

    /// <summary>Null where it was let in, else why it was not.</summary>
    private async Task<string?> CreateAsync(string @namespace, JsonObject json, string query = "")
    {
        var path = (string?)json["kind"] == "Ingress" ? $"apis/networking.k8s.io/v1/namespaces/{@namespace}/ingresses" : $"api/v1/namespaces/{@namespace}/services";
        try
        {
            await _client!.CreateAsync(path + query, Encoding.UTF8.GetBytes(json.ToJsonString()), Ignore, default);
            return null;
        }
        catch (ApiException refused)
        {
            return refused.Message;
        }
    }

    private static object? Ignore(ReadOnlySpan<byte> json) => null;

    private static JsonObject Service(string name, string type) => JsonNode.Parse($$"""
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "{{name}}"}, "spec": {"type": "{{type}}", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]} }
        """)!.AsObject();

    private static JsonObject ExternalName(string name) => JsonNode.Parse($$"""
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "{{name}}"}, "spec": {"type": "ExternalName", "externalName": "web.team-1"} }
        """)!.AsObject();

    private static JsonObject Ingress(string name, string host, string service = "web") => JsonNode.Parse($$"""
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "{{name}}"},
         "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["{{host}}"], "secretName": "tls"}], "rules": [{"host": "{{host}}", "http": {"paths": [{{Path("/", service).ToJsonString()}}]} }]} }
        """)!.AsObject();

    private static JsonObject Path(string path, string service) => JsonNode.Parse($$"""
        {"path": "{{path}}", "pathType": "Exact", "backend": {"service": {"name": "{{service}}", "port": {"number": 80} } } }
        """)!.AsObject();

    private static string Exemption(string name, string @namespace) =>
        $"{{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicyExemption, metadata: {{name: {name}, namespace: {@namespace}}}, spec: {{rules: [service-no-node-port], names: [np], reason: r, owner: o, expiresAt: '2999-01-01T00:00:00Z'}}}}";
}
