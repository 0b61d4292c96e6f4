namespace AdmissionWebhook.Cli.Tests;

/// <summary>When <c>check</c> reports what an API server would reject. The samples of the rule say what that is.</summary>
public sealed class SchemaTests
{
    private const string Typo =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {type: clusterip, selectors: {app: web}, ports: [{port: 80}]}
        """;

    [Fact]
    public void Check_denies_what_an_API_server_rejects_in_every_preset()
    {
        foreach (var preset in new[] { "observe", "gitops", "organisation", "strict" })
        {
            var run = Cli.Check(Typo, "--policy", TestSupport.Repository.PathOf("config", "policies", preset + ".yaml"), "--output", "json");

            Assert.Equal((1, 2), (run.ExitCode, run.Violated().Count(rule => rule == "schema-valid")));
        }
    }

    [Theory]
    [InlineData("Warn", 0, 2)]
    [InlineData("\"Off\"", 0, 0)]
    public void A_policy_can_choose_another_level(string enforcement, int exitCode, int findings)
    {
        using var cli = new Cli();
        var policy = cli.Write("policy.yaml", Manifests.Policy($"{{schema-valid: {{enforcement: {enforcement}}}}}"));

        var run = Cli.Check(Typo, "--policy", policy, "--output", "json");

        Assert.Equal((exitCode, findings), (run.ExitCode, run.Findings().Length));
    }

    [Fact]
    public void Only_leaves_it_out() => Assert.Equal(0, Cli.Check(Typo, "--only", "service-no-node-port").ExitCode);

    [Fact]
    public void An_audit_leaves_it_out()
    {
        using var cli = new Cli();

        Assert.Equal(0, Cli.Run("audit", "--cluster", cli.Write("a.yaml", Typo)).ExitCode);
    }

    [Theory]
    [InlineData("ports: [{port: \"80\"}]", "field-type-valid", "80, without quotes")]
    [InlineData("ports: [{port: 80, targetPort: 0x1ffff}]", "service-target-port-valid", "1 to 65535")]
    public void A_rule_that_says_more_of_the_same_field_stands_alone(string spec, string rule, string remedy)
    {
        var run = Cli.Check($"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec: {{{spec}}}\n", "--output", "json");

        Assert.Equal([rule], run.Violated());
        Assert.Contains(remedy, JsonResults.Text(run.Findings()[0]["remedy"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("port: 80", "Write {number: 80}")]
    [InlineData("port: http", "Write {name: http}")]
    [InlineData("port: {number: \"80\"}", "Write 80, without quotes")]
    [InlineData("port: {number: http}", "Write {name: http} in place of number")]
    [InlineData("port: {name: 80}", "Put it in quotes: \"80\"")]
    public void A_remedy_shows_the_value_to_write(string port, string remedy)
    {
        var run = Cli.Check(Manifests.Ingress("web", "number: 80").Replace("port:\n                  number: 80", port, StringComparison.Ordinal), "--output", "json");

        Assert.Equal(remedy, JsonResults.Text(run.Findings().First(finding => JsonResults.Text(finding["rule"]) == "field-type-valid")["remedy"]));
    }

    [Fact]
    public void An_old_version_has_the_path_type_that_the_API_server_fills_in()
    {
        var run = Cli.Check(
            """
            apiVersion: networking.k8s.io/v1beta1
            kind: Ingress
            metadata: {name: web, namespace: shop}
            spec:
              ingressClassName: nginx
              tls: [{hosts: [shop.example.com], secretName: web-tls}]
              rules: [{host: shop.example.com, http: {paths: [{path: /*, backend: {serviceName: web, servicePort: http}}]}}]
            """,
            "--output",
            "json");

        Assert.Equal(["schema-valid"], run.Violated());
        Assert.Empty((System.Text.Json.Nodes.JsonArray)run.Results()[0]!["patch"]!);
    }

    [Fact]
    public void A_default_of_the_policy_fills_in_what_is_required() => Assert.Equal(0, Cli.Check(Manifests.SamePathTwice, "--cluster", Cli.SampleCluster).ExitCode);
}
