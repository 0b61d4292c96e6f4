using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests;

public sealed class AuditTests
{
    private const string Classless =
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: docs, namespace: blog}
        spec:
          defaultBackend: {service: {name: gone, port: {number: 80}}}
        """;

    [Fact]
    public async Task Passes_a_cluster_without_findings_and_only_counts_its_objects()
    {
        await using var server = await LiveServer.StartAsync();

        var run = server.Audit("--fail-on", "audit");

        Assert.Equal((0, "5 objects: all allowed.", ""), (run.ExitCode, run.Output.Trim(), run.Error));
    }

    [Fact]
    public async Task Lists_a_violation_without_a_file_and_exits_1()
    {
        await using var server = await LiveServer.StartAsync(Manifests.NodePort, Classless);

        var run = server.Audit("--only", "service-no-node-port", "--only", "ingress-backend-service-exists");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            """
            Service shop/debug: denied
              Deny  spec.type
                type NodePort is not allowed, because it opens the Service on every node. Use type ClusterIP behind an Ingress or a Gateway. [service-no-node-port]

            Ingress blog/docs: denied
              Deny  spec.defaultBackend.service.name
                Service "gone" does not exist in namespace "blog". Create the Service first, or correct the name. [ingress-backend-service-exists]

            6 objects: 2 denied.

            """,
            run.Output);
    }

    [Fact]
    public async Task Writes_the_JSON_report_without_file_and_line()
    {
        await using var server = await LiveServer.StartAsync(Manifests.NodePort);

        var run = server.Audit("--output", "json");

        var expected = JsonNode.Parse(
            """
            {"summary": {"objects": 6, "denied": 1, "warned": 0, "audited": 0, "unchecked": 0, "exempted": 0},
             "results": [{"object": {"apiVersion": "v1", "kind": "Service", "namespace": "shop", "name": "debug"},
               "file": null, "line": null, "allowed": false,
               "findings": [{"rule": "service-no-node-port", "enforcement": "Deny", "status": "violated", "field": "spec.type",
                             "message": "type NodePort is not allowed, because it opens the Service on every node", "remedy": "Use type ClusterIP behind an Ingress or a Gateway",
                             "line": null, "exemption": null}],
               "patch": []}]}
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(run.Output)), run.Output);
    }

    [Fact]
    public async Task Checks_objects_as_they_are_stored()
    {
        await using var server = await LiveServer.StartAsync(Manifests.AllocatedNodePort, Classless);

        var run = server.Audit("--output", "json");

        var found = Assert.Single(run.Results())!;
        Assert.Equal("docs", JsonResults.Text(found["object"]!["name"]));
        Assert.Empty((JsonArray)found["patch"]!);
    }

    [Fact]
    public async Task The_namespace_option_limits_checked_objects_but_not_known_ones()
    {
        var conflict = Manifests.Ingress("web", "number: 80", "zoo");
        var others = Manifests.Bundle(Manifests.Ingress("web", "number: 80"), Manifests.Service("web", 80, "zoo"));
        await using var server = await LiveServer.StartAsync(Manifests.NodePort, others, conflict);

        var run = server.Audit("--output", "json", "--namespace", "zoo");
        var both = server.Audit("--output", "json", "--namespace", "zoo", "--namespace", "shop");

        Assert.Equal(["ingress-host-conflict"], run.Violated());
        Assert.All(run.Results(), result => Assert.Equal("zoo", JsonResults.Text(result!["object"]!["namespace"])));
        Assert.Contains("service-no-node-port", both.Violated());
    }

    [Fact]
    public async Task Warns_of_a_namespace_without_objects()
    {
        await using var server = await LiveServer.StartAsync();

        var run = server.Audit("--namespace", "shpo");

        Assert.Equal((0, "0 objects: all allowed."), (run.ExitCode, run.Output.Trim()));
        Assert.Equal("warning: namespace \"shpo\" has no object to audit", Assert.Single(run.ErrorLines));
        Assert.Equal(2, server.Audit("--namespace", "").ExitCode);
    }

    [Fact]
    public async Task Does_not_check_a_forbidden_kind_and_references_to_it()
    {
        await using var server = await LiveServer.StartAsync(Manifests.NodePort, Classless);
        server.Api.Faults.AnswerAlways("/api/v1/services", 403, "Forbidden");

        var run = server.Audit("--only", "service-no-node-port", "--only", "ingress-backend-service-exists");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("not checked: it is unknown whether Service blog/gone exists.", run.Output, StringComparison.Ordinal);
        Assert.Single(run.ErrorLines);
    }

    [Fact]
    public async Task Lists_kinds_that_rules_only_look_up()
    {
        await using var server = await LiveServer.StartAsync(Classless);

        var run = server.Audit("--only", "ingress-backend-service-exists");

        Assert.Contains("Service \"gone\" does not exist in namespace \"blog\"", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not checked", run.Output, StringComparison.Ordinal);
        Assert.Contains("GET /api/v1/services?limit=1000", server.Api.Requests);
    }

    [Fact]
    public async Task Lists_kinds_that_only_the_former_policy_looks_up()
    {
        await using var server = await LiveServer.StartAsync(Classless);
        var now = server.Write("now.yaml", Manifests.Policy("{ingress-backend-service-exists: {}}"));
        var next = server.Write("next.yaml", Manifests.Policy("{ingress-host-wildcard: {}}"));

        var run = server.Audit("--policy", next, "--against", now);

        Assert.Contains("denied -> allowed  spec.defaultBackend.service.name", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not checked", run.Output, StringComparison.Ordinal);
        Assert.Contains("GET /api/v1/services?limit=1000", server.Api.Requests);
    }

    [Fact]
    public async Task An_audit_without_objects_does_not_pass()
    {
        await using var server = await LiveServer.StartAsync();
        server.Api.Faults.AnswerAlways("/api/v1/services", 403, "Forbidden");

        Assert.Equal((2, "no object to audit was found"), Ending(server.Audit("--only", "service-no-node-port")));
        Assert.Equal((2, "no object to audit was found"), Ending(server.Audit("--only", "ingress-default-class")));
        Assert.Equal((2, "no object to audit was found"), Ending(Cli.Run("audit", "--cluster", server.Write("empty.yaml", ""))));
    }

    [Fact]
    public void Audits_manifests_instead_of_a_cluster_and_reports_their_lines()
    {
        using var cli = new Cli();
        var more = cli.Write("more.yaml", Manifests.NodePort);

        var clean = Cli.Run("audit", "--cluster", Cli.SampleCluster, "--fail-on", "audit");
        var run = Cli.Run("audit", "--cluster", Cli.SampleCluster, "--cluster", more);

        Assert.Equal((0, "5 objects: all allowed."), (clean.ExitCode, clean.Output.Trim()));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"  {more}:5: Deny  spec.type\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_progress_only_on_a_terminal()
    {
        await using var server = await LiveServer.StartAsync();
        string[] args = ["audit", "--kubeconfig", server.Kubeconfig];

        var watched = Cli.Run("", isTerminal: true, args);
        var piped = Cli.Run("", isTerminal: false, args);

        Assert.Contains("Listing", watched.Output, StringComparison.Ordinal);
        Assert.Contains("Judging", watched.Output, StringComparison.Ordinal);
        Assert.Contains("5 objects: all allowed.", watched.Output, StringComparison.Ordinal);
        Assert.Equal("5 objects: all allowed.", piped.Output.Trim());
        Assert.Empty(watched.Error + piped.Error);
    }

    private static (int, string) Ending(Run run) => (run.ExitCode, run.ErrorLines[^1]);
}
