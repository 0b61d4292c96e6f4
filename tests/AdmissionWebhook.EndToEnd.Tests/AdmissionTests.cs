using System.Text.Json.Nodes;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>What people see who use kubectl against a cluster with the webhook.</summary>
public sealed class AdmissionTests(ControlPlane cluster) : IClassFixture<ControlPlane>
{
    internal const string Web = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{name: http, port: 80}]}}";

    [Fact]
    public async Task kubectl_prints_a_denial_line_by_line()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(Web, "create", "-n", @namespace, "-f", "-");

        var (exitCode, output) = await cluster.TryKubectlAsync(Ingress("shop", "8080", tls: ""), "create", "-n", @namespace, "-f", "-");

        Assert.Equal(1, exitCode);
        Assert.Equal(
            """
            The Ingress "web" is invalid: 
            * spec.rules[0].http.paths[0].backend.service.port.number: Service "web" has no port 8080; it exposes 80 (http). Use port 80 or name http. [ingress-backend-port-exists]
            * spec.tls: host "shop.example.com" is served without TLS; add it to spec.tls[].hosts. [ingress-tls-required]

            """,
            output);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("apply")]
    [InlineData("apply", "--server-side")]
    [InlineData("create", "--dry-run=server")]
    [InlineData("apply", "--dry-run=server")]
    public async Task Checks_an_Ingress_for_every_way_of_creating_it(params string[] command)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(Web, "create", "-n", @namespace, "-f", "-");

        var denied = await cluster.TryKubectlAsync(Ingress(@namespace, "81"), [.. command, "-n", @namespace, "-f", "-"]);
        var allowed = await cluster.TryKubectlAsync(Ingress(@namespace), [.. command, "-n", @namespace, "-f", "-"]);

        Assert.Contains("ingress-backend-port-exists", denied.Output, StringComparison.Ordinal);
        Assert.Equal((1, 0), (denied.ExitCode, allowed.ExitCode));
    }

    [Fact]
    public async Task Warns_on_the_deletion_or_change_of_a_Service_in_use()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(Web, "create", "-n", @namespace, "-f", "-");
        await cluster.KubectlAsync(Ingress(@namespace), "create", "-n", @namespace, "-f", "-");

        string? changed = null, deleted = null;
        await cluster.UntilAsync("the Ingress is known", async () =>
        {
            changed = await cluster.KubectlAsync("", "patch", "service", "web", "-n", @namespace, "--dry-run=server", "--type=json", """--patch=[{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]""");
            deleted = await cluster.KubectlAsync("", "delete", "service", "web", "-n", @namespace, "--dry-run=server");
            return deleted.Contains("Warning", StringComparison.Ordinal) && changed.Contains("Warning", StringComparison.Ordinal);
        });

        Assert.Contains($"metadata.name: deleting Service \"web\" would break Ingress {@namespace}/web, which uses this Service at spec.rules[0].http.paths[0].backend. Change or delete the Ingress first. [service-in-use]", deleted, StringComparison.Ordinal);
        Assert.Contains("spec.ports: removing port 80 would break Ingress", changed, StringComparison.Ordinal);
        await cluster.KubectlAsync("", "delete", "ingress", "web", "-n", @namespace);
        await cluster.UntilAsync("the Ingress is forgotten", async () =>
            !(await cluster.KubectlAsync("", "delete", "service", "web", "-n", @namespace, "--dry-run=server")).Contains("Warning", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("json", """[{"op": "replace", "path": "/spec/rules/0/http/paths/0/backend/service/port/number", "value": 81}]""")]
    [InlineData("merge", """{"spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 81}}}}}""")]
    [InlineData("strategic", """{"spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 81}}}}}""")]
    public async Task Checks_an_Ingress_for_every_way_of_changing_it(string type, string patch)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(Web, "create", "-n", @namespace, "-f", "-");
        await cluster.KubectlAsync(Ingress(@namespace), "create", "-n", @namespace, "-f", "-");

        var (exitCode, output) = await cluster.TryKubectlAsync("", "patch", "ingress", "web", "-n", @namespace, $"--type={type}", $"--patch={patch}");

        Assert.Equal(1, exitCode);
        Assert.Contains("has no port 81; it exposes 80 (http)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Applying_defaults_twice_changes_nothing()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(Web, "create", "-n", @namespace, "-f", "-");
        var bare = Ingress(@namespace).Replace("  pathType: Prefix\n          ", "", StringComparison.Ordinal).Replace("  ingressClassName: nginx\n", "", StringComparison.Ordinal);

        await cluster.KubectlAsync(bare, "apply", "--server-side", "-n", @namespace, "-f", "-");
        var again = await cluster.KubectlAsync(bare, "apply", "--server-side", "-n", @namespace, "-f", "-");
        var difference = await cluster.TryKubectlAsync(bare, "diff", "--server-side", "-n", @namespace, "-f", "-");

        var stored = JsonNode.Parse(await cluster.KubectlAsync("", "get", "ingress", "web", "-n", @namespace, "-o", "json"))!["spec"]!;
        Assert.Equal(("nginx", "Prefix"), ((string?)stored["ingressClassName"], (string?)stored["rules"]![0]!["http"]!["paths"]![0]!["pathType"]));
        Assert.Contains("serverside-applied", again, StringComparison.Ordinal);
        Assert.Equal((0, ""), difference);
        Assert.Equal("1", (string?)JsonNode.Parse(await cluster.KubectlAsync("", "get", "ingress", "web", "-n", @namespace, "-o", "json"))!["metadata"]!["generation"]!.ToJsonString());
    }

    [Fact]
    public async Task Denies_a_node_port_but_not_a_deletion()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(Web, "create", "-n", @namespace, "-f", "-");

        var denied = await cluster.TryKubectlAsync(Web.Replace("spec: {", "spec: {type: NodePort, ", StringComparison.Ordinal).Replace("name: web}", "name: open}", StringComparison.Ordinal), "create", "-n", @namespace, "-f", "-");
        var deleted = await cluster.TryKubectlAsync("", "delete", "service", "web", "-n", @namespace);

        Assert.Contains("type NodePort is not allowed, because it opens the Service on every node", denied.Output, StringComparison.Ordinal);
        Assert.Equal((1, 0), (denied.ExitCode, deleted.ExitCode));
    }

    internal static string Ingress(string host, string port = "80", string tls = "{hosts: ['*.example.com'], secretName: example-tls}") => $"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: web
        spec:
          ingressClassName: nginx
          tls: [{tls}]
          rules:
            - host: {host}.example.com
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service:
                        name: web
                        port:
                          number: {port}
        """;
}
