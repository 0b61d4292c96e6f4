namespace AdmissionWebhook.Cli.Tests;

public sealed class BundleTests
{
    [Fact]
    public void An_Ingress_and_its_Service_in_one_bundle_resolve_each_other_in_either_order()
    {
        var run = Cli.Check(Manifests.Bundle(Manifests.Ingress("checkout", "number: 8080"), Manifests.Service("checkout", 80)), "--output", "json");

        Assert.Equal(["ingress-backend-port-exists"], run.Violated());
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void Without_a_cluster_does_not_check_references_outside_the_bundle()
    {
        var run = Cli.Check(Manifests.Ingress("elsewhere", "number: 80"), "--fail-on", "audit");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("not checked: it is unknown whether Service shop/elsewhere exists.", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 object: 1 not checked.", run.Output, StringComparison.Ordinal);
        Assert.Contains("--cluster", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_cluster_denies_a_reference_to_a_missing_object()
    {
        var run = Cli.Check(Manifests.Ingress("elsewhere", "number: 80"), "--cluster", Cli.SampleCluster, "--output", "json");

        Assert.Equal(["ingress-backend-service-exists"], run.Violated());
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void Reads_a_cluster_from_several_files()
    {
        using var cli = new Cli();
        var more = cli.Write("more.yaml", Manifests.Service("elsewhere", 80));

        var run = Cli.Check(Manifests.Ingress("elsewhere", "number: 80"), "--cluster", Cli.SampleCluster, "--cluster", more);

        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public void An_object_of_the_bundle_replaces_its_copy_in_the_cluster()
    {
        var bundle = Manifests.Bundle(Manifests.Ingress("web", "number: 80"), Manifests.Service("web", 9090));

        var run = Cli.Check(bundle, "--cluster", Cli.SampleCluster, "--output", "json");

        Assert.Equal("Service \"web\" has no port 80; it exposes 9090 (http)", JsonResults.Text(Assert.Single(run.Findings())["message"]));
    }

    [Fact]
    public void Other_objects_see_the_defaults_of_an_object()
    {
        using var cli = new Cli();
        var cluster = cli.Write("class.yaml", "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\n");
        var classless = Manifests.Ingress("web", "number: 80", "blog").Replace("  ingressClassName: nginx\n", "", StringComparison.Ordinal);
        var services = Manifests.Bundle(Manifests.Service("web", 80), Manifests.Service("web", 80, "blog"));
        var bundle = Manifests.Bundle(Manifests.Ingress("web", "number: 80"), classless, services);

        var run = Cli.Check(bundle, "--cluster", cluster, "--output", "json");

        Assert.Equal(["ingress-host-conflict", "ingress-host-conflict"], run.Violated());
    }

    [Theory]
    [InlineData("CREATE", 0)]
    [InlineData("UPDATE", 1)]
    public void A_new_Ingress_gets_the_default_class_of_the_cluster_before_that_of_a_policy(string operation, int patched)
    {
        using var cli = new Cli();
        var cluster = cli.Write("class.yaml", "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: traefik, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}\n");
        var policy = cli.Write("policy.yaml", Manifests.Policy("{ingress-default-class: {enforcement: Apply, parameters: {className: nginx}}, ingress-class-allowed: {enforcement: Deny, parameters: {classes: [nginx]}}}"));
        var classless = Manifests.Ingress("web", "number: 80").Replace("  ingressClassName: nginx\n", "", StringComparison.Ordinal);

        var run = Cli.Check(classless, "--cluster", cluster, "--policy", policy, "--operation", operation, "--output", "json");

        Assert.Equal(patched == 0 ? ["ingress-class-allowed"] : [], run.Violated());
        Assert.Equal(patched, ((System.Text.Json.Nodes.JsonArray)run.Results()[0]!["patch"]!).Count);
    }

    [Fact]
    public void Calls_neither_of_two_new_Ingresses_the_older()
    {
        var first = Manifests.Ingress("web", "number: 80");
        var second = first.Replace("name: web, namespace", "name: more, namespace", StringComparison.Ordinal);

        var run = Cli.Check(Manifests.Bundle(first, second), "--cluster", Cli.SampleCluster, "--only", "ingress-path-conflict", "--output", "json");

        Assert.Equal(
            new[] { "more", "web" }.Select(other => $"path \"/\" of host \"shop.example.com\" is also used by Ingress shop/{other}; the Ingress that is created first gets the requests"),
            run.Findings().Select(finding => JsonResults.Text(finding!["message"])));
    }

    [Fact]
    public void A_null_path_gets_the_same_default_as_an_empty_path()
    {
        var ingress = Manifests.Ingress("web", "number: 80");

        var run = Cli.Check(ingress[..ingress.IndexOf("path: /", StringComparison.Ordinal)], "--cluster", Cli.SampleCluster, "--output", "json");

        Assert.Equal("/spec/rules/0/http/paths/0/pathType", JsonResults.Text(run.Results()[0]!["patch"]![0]!["path"]));
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public void A_default_never_hides_a_value_of_the_wrong_type(string isDefault)
    {
        using var cli = new Cli();
        var cluster = cli.Write("class.yaml", $"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: nginx, annotations: {{ingressclass.kubernetes.io/is-default-class: '{isDefault}'}}}}\n");
        var malformed = Manifests.Ingress("web", "number: 80").Replace("ingressClassName: nginx", "ingressClassName: 5", StringComparison.Ordinal);

        var run = Cli.Check(malformed, "--cluster", cluster, "--output", "json");

        Assert.Contains("field-type-valid", run.Violated());
        Assert.Empty((System.Text.Json.Nodes.JsonArray)run.Results()[0]!["patch"]!);
    }

    [Theory]
    [InlineData(null, "shop", 0)]
    [InlineData(null, null, 1)]
    [InlineData("shop", "shop", 0)]
    public void The_namespace_option_applies_to_objects_without_a_namespace(string? written, string? option, int exitCode)
    {
        string[] @namespace = option is null ? [] : ["--namespace", option];

        var run = Cli.Check(Manifests.Ingress("web", "number: 80", written), ["--cluster", Cli.SampleCluster, .. @namespace]);

        Assert.Equal(exitCode, run.ExitCode);
    }

    [Fact]
    public void Counts_objects_of_foreign_kinds_as_not_judged()
    {
        const string Foreign = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: [odd]";

        var run = Cli.Check(Foreign, "--output", "json");

        Assert.Equal(["Deployment", "ConfigMap"], run.Results().Select(result => JsonResults.Text(result!["object"]!["kind"])));
        Assert.All(run.Results(), result => Assert.Null(result!["allowed"]));
        Assert.Empty(run.Findings());
    }

    [Fact]
    public void Checks_an_object_without_a_name()
    {
        var run = Cli.Check(Manifests.NodePort.Replace("name: debug, ", "", StringComparison.Ordinal));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Service shop/(unnamed): denied", run.Output, StringComparison.Ordinal);
    }
}
