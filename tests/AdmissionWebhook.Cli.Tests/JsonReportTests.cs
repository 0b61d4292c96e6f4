using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests;

public sealed class JsonReportTests
{
    [Fact]
    public void The_report_has_exactly_the_members_that_scripts_rely_on()
    {
        var manifest = Manifests.Ingress("web", "number: 8080").Replace("  ingressClassName: nginx\n", "", StringComparison.Ordinal);

        var run = Cli.Check(manifest, "--cluster", Cli.SampleCluster, "--output", "JSON");

        var expected = JsonNode.Parse(
            """
            {"summary": {"objects": 1, "denied": 1, "warned": 0, "audited": 0, "unchecked": 0, "exempted": 0},
             "results": [{"object": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "namespace": "shop", "name": "web"},
               "file": "-", "line": 1, "allowed": false,
               "findings": [{"rule": "ingress-backend-port-exists", "enforcement": "Deny", "status": "violated",
                             "field": "spec.rules[0].http.paths[0].backend.service.port.number",
                             "message": "Service \"web\" has no port 8080; it exposes 80 (http)", "remedy": "Use port 80 or name http",
                             "line": 16, "exemption": null}],
               "patch": [{"op": "add", "path": "/spec/ingressClassName", "value": "nginx"}]}]}
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(run.Output)), run.Output);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void The_report_is_indented_and_leaves_quotes_and_brackets_readable()
    {
        var run = Cli.Check(Manifests.NodePort.Replace("shop", "<höf>'s", StringComparison.Ordinal), "--output", "json");

        Assert.Contains("\n        \"namespace\": \"<höf>'s\",", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_keep_the_order_of_the_input()
    {
        var bundle = Manifests.Bundle(Manifests.NodePort, Manifests.Service("a", 80), Manifests.Ingress("a", "number: 80"));

        var run = Cli.Check(bundle, "--output", "json");

        Assert.Equal(["debug", "a", "web"], run.Results().Select(result => JsonResults.Text(result!["object"]!["name"])));
        Assert.Equal([1, 9, 15], run.Results().Select(result => result!["line"]!.GetValue<int>()));
    }

    [Fact]
    public void Counts_an_object_once_by_its_strictest_outcome_and_once_as_unchecked()
    {
        var bundle = Manifests.Bundle(Manifests.NodePort, Manifests.SamePathTwice, Manifests.Service("web", 80));

        var run = Cli.Check(bundle, "--output", "json");

        var summary = JsonNode.Parse(run.Output)!["summary"]!;
        Assert.Equal("""{"objects":3,"denied":1,"warned":1,"audited":0,"unchecked":1,"exempted":0}""", summary.ToJsonString());
    }

    [Fact]
    public void Reports_an_unchecked_finding_as_unchecked()
    {
        var finding = Cli.Check(Manifests.Ingress("web", "number: 80"), "--output", "json").Findings()[0];

        Assert.Equal(("unchecked", "Off"), (JsonResults.Text(finding["status"]), JsonResults.Text(finding["enforcement"])));
    }
}
