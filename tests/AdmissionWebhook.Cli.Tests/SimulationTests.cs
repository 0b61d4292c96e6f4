using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests;

public sealed class SimulationTests : IDisposable
{
    private const string Policies = "/apis/policy.admissionwebhook.dev/v1alpha1/";

    private readonly Cli _cli = new();
    private readonly string _stored;

    public SimulationTests()
    {
        const string Plain = "\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: blog}\nspec:\n  rules: [{host: '*.example.com'}]\n";
        _stored = _cli.Write("stored.yaml", Manifests.NodePort + Plain);
    }

    [Fact]
    public void Lists_each_changed_object_with_its_changes_and_totals()
    {
        var run = Simulate("{service-no-node-port: {enforcement: Warn}, ingress-tls-required: {}}", "{service-no-node-port: {}, ingress-tls-required: {enforcement: Warn}, ingress-host-wildcard: {enforcement: Audit}}");

        Assert.Equal(
            $"""
            Service shop/debug: newly denied
              {_stored}:5: warned -> denied  spec.type
                type NodePort is not allowed, because it opens the Service on every node. Use type ClusterIP behind an Ingress or a Gateway. [service-no-node-port]

            Ingress blog/web: newly audited
              {_stored}:12: denied -> warned  spec.tls
                host "*.example.com" is served without TLS; add it to spec.tls[].hosts. [ingress-tls-required]
              {_stored}:13: allowed -> audited  spec.rules[0].host
                wildcard host "*.example.com" is not allowed, because it takes the traffic of every subdomain. Name each host. [ingress-host-wildcard]

            By rule:
              ingress-tls-required: 1 released
              ingress-host-wildcard: 1 newly audited
              service-no-node-port: 1 newly denied

            By namespace:
              blog: 1 newly audited, 1 released
              shop: 1 newly denied

            2 objects: 1 newly denied, 1 newly audited, 1 released.

            """,
            run.Output);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void Writes_only_the_changes_as_JSON()
    {
        var run = Simulate("{service-no-node-port: {}, ingress-tls-required: {}}", "{service-no-node-port: {enforcement: Warn}, ingress-tls-required: {}}", "--output", "json");

        var expected = JsonNode.Parse(
            $$"""
            {"summary": {"objects": 2, "denied": 1, "warned": 1, "audited": 0, "unchecked": 0, "exempted": 0},
             "changes": {"denied": 0, "warned": 0, "audited": 0, "released": 1,
               "rules": [{"rule": "service-no-node-port", "denied": 0, "warned": 0, "audited": 0, "released": 1}],
               "namespaces": [{"namespace": "shop", "denied": 0, "warned": 0, "audited": 0, "released": 1}]},
             "results": [{"object": {"apiVersion": "v1", "kind": "Service", "namespace": "shop", "name": "debug"},
               "file": "{{_stored}}", "line": 1, "allowed": true,
               "findings": [{"rule": "service-no-node-port", "enforcement": "Warn", "status": "violated", "field": "spec.type",
                             "message": "type NodePort is not allowed, because it opens the Service on every node", "remedy": "Use type ClusterIP behind an Ingress or a Gateway",
                             "line": 5, "exemption": null, "before": "denied", "after": "warned", "change": "released"}],
               "patch": []}]}
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(run.Output)), run.Output);
        Assert.Equal(0, run.ExitCode);
    }

    [Theory]
    [InlineData("Audit", "Deny", "deny", 1)]
    [InlineData("Audit", "Warn", "deny", 0)]
    [InlineData("Audit", "Warn", "warn", 1)]
    [InlineData("'Off'", "Audit", "warn", 0)]
    [InlineData("'Off'", "Audit", "audit", 1)]
    [InlineData("Deny", "Warn", "audit", 0)]
    [InlineData("Deny", "Deny", "audit", 0)]
    [InlineData("Audit", "Deny", "never", 0)]
    public void Exits_1_only_for_new_findings(string before, string after, string failOn, int exitCode) =>
        Assert.Equal(exitCode, Simulate($"{{service-no-node-port: {{enforcement: {before}}}}}", $"{{service-no-node-port: {{enforcement: {after}}}}}", "--fail-on", failOn).ExitCode);

    [Fact]
    public void Equal_policies_change_nothing() =>
        Assert.Equal("1 object: nothing changes.", Simulate("{service-no-node-port: {}}", "{service-no-node-port: {}}").Output.Trim());

    [Fact]
    public void A_parameter_that_changes_only_the_remedy_changes_nothing()
    {
        var service = _cli.Write("address.yaml", Manifests.Service("web", 80) + "\n  externalIPs: [192.0.2.1]");
        var old = Policy("old", "{service-external-ips: {parameters: {allowed: [203.0.113.0/24]}}}");
        var now = Policy("new", "{service-external-ips: {parameters: {allowed: [198.51.100.0/24]}}}");

        Assert.Equal("1 object: nothing changes.", Cli.Run("audit", "--cluster", service, "--policy", now, "--against", old).Output.Trim());
    }

    [Fact]
    public void Accepts_folders_and_files_on_both_sides()
    {
        _cli.Write("now/a.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Warn}}", "a"));
        _cli.Write("now/b.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Audit}}", "b"));
        var mild = Policy("mild", "{service-no-node-port: {enforcement: Audit}}");
        var harsh = Policy("harsh", "{service-no-node-port: {}}");

        var run = Cli.Run("audit", "--cluster", _stored, "--policy", mild, "--policy", harsh, "--against", _cli.PathOf("now"), "--against", Policy("c", "{ingress-host-wildcard: {}}"));

        Assert.Contains("warned -> denied  spec.type", run.Output, StringComparison.Ordinal);
        Assert.Contains("denied -> allowed  spec.rules[0].host", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_exemption_releases_an_object_and_is_named()
    {
        var policy = Policy("policy", "{service-no-node-port: {}}");
        var exemption = _cli.Write("exemption.yaml", Manifests.Exemption(", namespace: shop").Replace("2027-01-31", "2999-01-31", StringComparison.Ordinal));

        var run = Cli.Run("audit", "--cluster", _stored, "--policy", policy, "--policy", exemption, "--against", policy);

        Assert.Contains("denied -> allowed, exempted by shop/legacy  spec.type", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Against_a_cluster_adds_the_policies_to_the_existing_ones()
    {
        await using var server = await LiveServer.StartAsync(Manifests.NodePort);
        var exemption = Manifests.Exemption(", namespace: shop").Replace("2027-01-31", "2999-01-31", StringComparison.Ordinal);
        server.Api.Put(Manifests.Policy("{service-no-node-port: {enforcement: Warn}}", "nodes") + "\n---\n" + Manifests.Policy("{ingress-tls-required: {}}", "tls"));
        var stricter = server.Write("nodes.yaml", Manifests.Policy("{service-no-node-port: {}}", "nodes"));

        var bare = server.Audit("--policy", stricter, "--against-cluster");
        server.Api.Put(exemption);
        var exempt = server.Audit("--policy", stricter, "--against-cluster");

        Assert.Equal((1, "5 objects: 1 newly denied."), (bare.ExitCode, bare.Output.TrimEnd().Split('\n')[^1]));
        Assert.Equal((0, "5 objects: nothing changes."), (exempt.ExitCode, exempt.Output.Trim()));
    }

    [Fact]
    public async Task Against_a_cluster_without_policies_every_finding_is_new()
    {
        await using var server = await LiveServer.StartAsync(Manifests.NodePort);

        var run = server.Audit("--against-cluster");

        Assert.Equal((1, "warning: no policy is in force, so all findings are new"), (run.ExitCode, Assert.Single(run.ErrorLines)));
        Assert.Contains("allowed -> denied  spec.type", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_an_invalid_policy_of_the_cluster()
    {
        await using var server = await LiveServer.StartAsync();
        server.Api.Put(Manifests.Bundle(Manifests.Policy("{no-such-rule: {}}")));

        var run = server.Audit("--against-cluster");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("rule \"no-such-rule\" does not exist", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_a_cluster_without_the_kinds_of_policies()
    {
        await using var server = await LiveServer.StartAsync();
        server.Api.Faults.AnswerAlways(Policies + "trafficpolicies", 404, "NotFound");
        server.Api.Faults.AnswerAlways(Policies + "trafficpolicyexemptions", 404, "NotFound");

        var run = server.Audit("--against-cluster");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("cannot list trafficpolicies, trafficpolicyexemptions", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--against", "x", "--against-cluster")]
    [InlineData("--against-cluster", "--cluster", "x")]
    [InlineData("--against", "x", "--only", "service-no-node-port")]
    public void Rejects_options_that_must_not_be_combined(params string[] options) => Assert.Equal(2, Cli.Run(["audit", .. options]).ExitCode);

    [Fact]
    public void Reports_errors_in_both_policies()
    {
        var wrong = Policy("wrong", "{no-such-rule: {}}");

        Assert.Equal((2, 1), Ending(Cli.Run("audit", "--cluster", _stored, "--against", wrong)));
        Assert.Equal((2, 1), Ending(Cli.Run("audit", "--cluster", _stored, "--against", _cli.PathOf("none"))));
    }

    public void Dispose() => _cli.Dispose();

    private static (int, int) Ending(Run run) => (run.ExitCode, run.ErrorLines.Length);

    private string Policy(string name, string rules) => _cli.Write($"{name}.yaml", Manifests.Policy(rules, name));

    private Run Simulate(string before, string after, params string[] options) =>
        Cli.Run(["audit", "--cluster", _stored, "--policy", Policy("new", after), "--against", Policy("current", before), .. options]);
}
