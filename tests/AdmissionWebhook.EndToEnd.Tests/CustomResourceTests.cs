using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>Policies and exemptions as objects of a cluster: what the API server makes of their definitions.</summary>
public sealed class CustomResourceTests(ControlPlane cluster) : IClassFixture<ControlPlane>, IAsyncLifetime
{
    private const string Valid = "rules: [service-no-node-port], reason: Moved in spring, owner: team-shop, expiresAt: 2027-01-31T18:00:00Z";

    /// <summary>Every field there is.</summary>
    private const string Everything =
        """
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: everything}
        spec:
          namespaces:
            include: ["*"]
            exclude: [kube-system]
            selector:
              matchLabels: {example.com/team: web}
              matchExpressions: [{key: tier, operator: In, values: [front]}, {key: legacy, operator: DoesNotExist}]
          ingressClasses: {include: ["*"], exclude: [internal-*]}
          exempt: {users: ["system:serviceaccount:ops:*"], groups: [platform], serviceAccounts: [cert-manager/cert-manager, ops/*]}
          exemptions: {maxLifetime: 90d}
          knownControllers: [cert-manager]
          tellDefaults: true
          rules:
            field-type-valid: {}
            ingress-host-allowed:
              enforcement: Deny
              parameters: {suffixes: [example.com], namespaces: {"team-*": [example.org]}}
              ratchet: {enabled: true, until: 2027-01-01T00:00:00Z}
              exempt: {users: [alice], groups: [], serviceAccounts: []}
            ingress-class-allowed: {enforcement: "Off"}
            service-external-ips: {enforcement: Audit, parameters: {allowed: [10.0.0.0/8]}}
            ingress-default-path-type: {enforcement: Suggest, parameters: {pathType: Exact}}
        """;

    public async ValueTask InitializeAsync()
    {
        if (ControlPlane.IsPresent)
            await cluster.InstallKindsAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("trafficpolicies")]
    [InlineData("trafficpolicyexemptions")]
    public async Task The_schema_is_structural(string plural)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        var definition = JsonNode.Parse(await cluster.KubectlAsync("", "get", "crd", $"{plural}.policy.admissionwebhook.dev", "-o", "json"))!;

        var conditions = definition["status"]!["conditions"]!.AsArray().ToDictionary(condition => (string)condition!["type"]!, condition => (string?)condition!["status"]);
        Assert.Equal("True", conditions["Established"]);
        Assert.DoesNotContain("NonStructuralSchema", conditions);
    }

    [Fact]
    public async Task kubectl_explains_every_rule_and_its_parameters()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        await cluster.UntilAsync("the schema is published", async () => (await cluster.TryKubectlAsync("", "explain", "trafficpolicy.spec.rules")).ExitCode == 0);

        var rules = await cluster.KubectlAsync("", "explain", "trafficpolicy.spec.rules");
        var parameters = await cluster.KubectlAsync("", "explain", "trafficpolicy.spec.rules.ingress-host-allowed.parameters");

        Assert.All(RuleCatalog.All, rule => Assert.Contains($"  {rule.Id}\t<Object>", rules, StringComparison.Ordinal));
        Assert.Contains("suffixes\t<[]string>", parameters, StringComparison.Ordinal);
        Assert.Contains("namespaces\t<map[string][]string>", parameters, StringComparison.Ordinal);
        Assert.Contains("Suffixes that every namespace may use", parameters, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rules: {ingress-tls-requird: {}}", "unknown field \"spec.rules.ingress-tls-requird\"")]
    [InlineData("rules: {ingress-host-wildcard: {parameters: {allow: [a]}}}", "unknown field \"spec.rules.ingress-host-wildcard.parameters.allow\"")]
    [InlineData("rules: {ingress-default-path-type: {ratchet: {enabled: false}}}", "unknown field \"spec.rules.ingress-default-path-type.ratchet\"")]
    [InlineData("rules: {ingress-host-required: {enforcement: Denny}}", "spec.rules.ingress-host-required.enforcement: Unsupported value: \"Denny\": supported values: \"Off\", \"Audit\", \"Warn\", \"Deny\"")]
    [InlineData("rules: {ingress-host-required: {enforcement: Off}}", "spec.rules.ingress-host-required.enforcement: Invalid value: \"boolean\"")]
    [InlineData("rules: {ingress-host-conflict: {parameters: {between: Namespace}}}", "spec.rules.ingress-host-conflict.parameters.between: Unsupported value: \"Namespace\"")]
    [InlineData("rules: {ingress-host-allowed: {}}", "parameters.suffixes is required: Suffixes that every namespace may use")]
    [InlineData("rules: {ingress-host-allowed: {enforcement: Warn, parameters: {}}}", "parameters.suffixes is required: Suffixes that every namespace may use")]
    [InlineData("rules: {ingress-host-required: {ratchet: {until: 2027-01-01}}}", "spec.rules.ingress-host-required.ratchet.until: Invalid value: \"2027-01-01\"")]
    [InlineData("namespace: {}", "unknown field \"spec.namespace\"")]
    [InlineData("namespaces: {selector: {matchExpressions: [{key: a, operator: In}]}}", "values is required for In and NotIn, and must be empty for Exists and DoesNotExist")]
    [InlineData("namespaces: {selector: {matchLabels: {team: the web}}}", "spec.namespaces.selector.matchLabels.team: Invalid value: \"the web\"")]
    [InlineData("exempt: {serviceAccounts: [cert-manager]}", "spec.exempt.serviceAccounts[0]: Invalid value: \"cert-manager\"")]
    [InlineData("exemptions: {maxLifetime: 3 months}", "spec.exemptions.maxLifetime: Invalid value: \"3 months\"")]
    [InlineData("knownControllers: [flager]", "spec.knownControllers[0]: Unsupported value: \"flager\"")]
    public async Task Rejects_an_invalid_policy_with_the_path_of_the_error(string spec, string expected)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        var (exitCode, output) = await cluster.TryKubectlAsync(Policy(spec), "apply", "-f", "-");

        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    [Fact]
    public async Task The_API_server_accepts_the_shipped_policies_unchanged()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("config", "policies"), "*.yaml"))
            await AssertStoredAsWrittenAsync(await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task The_API_server_stores_a_policy_unchanged()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        await AssertStoredAsWrittenAsync(Everything);
    }

    [Theory]
    [InlineData(Valid, "names, or a selector with at least one requirement, is required")]
    [InlineData($"{Valid}, names: [], selector: {{}}", "names, or a selector with at least one requirement, is required")]
    [InlineData($"{Valid}, selector: {{matchLabels: {{}}, matchExpressions: []}}", "names, or a selector with at least one requirement, is required")]
    [InlineData($"{Valid}, selector: {{matchExpressions: [{{key: a, operator: Exists, values: [b]}}]}}", "values is required for In and NotIn, and must be empty for Exists and DoesNotExist")]
    [InlineData("names: [web], rules: [service-no-node-port], reason: '  ', owner: \" \\t\", expiresAt: 2027-01-31T18:00:00Z", "reason must not be blank", "owner must not be blank")]
    [InlineData("names: [web], rules: []", "spec.reason: Required value", "spec.owner: Required value", "spec.expiresAt: Required value", "spec.rules: Invalid value: 0")]
    [InlineData("names: [web], rules: ['*', service-no-nodeport], reason: a, owner: b, expiresAt: 2027-01-31T18:00:00Z", "spec.rules[0]: Unsupported value: \"*\"", "spec.rules[1]: Unsupported value: \"service-no-nodeport\"")]
    [InlineData("names: [web], rules: [service-no-node-port], reason: a, owner: b, expiresAt: 2027-01-31T18:00:00", "spec.expiresAt: Invalid value: \"2027-01-31T18:00:00\"")]
    [InlineData($"{Valid}, names: [web], tickets: SHOP-1", "unknown field \"spec.tickets\"")]
    public async Task Rejects_an_invalid_exemption(string spec, params string[] expected)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        var (exitCode, output) = await cluster.TryKubectlAsync(Exemption(spec), "apply", "-f", "-");

        Assert.All(expected, part => Assert.Contains(part, output, StringComparison.Ordinal));
        Assert.Equal(1, exitCode);
    }

    [Fact]
    public async Task Reads_the_policies_that_the_API_server_stores()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(Exemption($"{Valid}, names: [debug-*], selector: {{matchLabels: {{legacy: 'true'}}}}, ticket: SHOP-1"), "create", "-n", @namespace, "-f", "-");

        var exemption = Assert.Single(Read(await cluster.KubectlAsync("", "get", "tpe", "-n", @namespace, "-o", "yaml")).Exemptions);

        Assert.Equal((@namespace, "test", "SHOP-1"), (exemption.Namespace, exemption.Name, exemption.Ticket));
        Assert.NotNull(exemption.CreatedAt);
    }

    [Fact]
    public async Task kubectl_lists_the_state_of_policies()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        await cluster.KubectlAsync(Policy("rules: {}", "listed"), "apply", "-f", "-");
        await cluster.KubectlAsync(
            "", "patch", "tp", "listed", "--subresource=status", "--type=merge",
            """--patch={"status": {"observedGeneration": 1, "findings": {"denied": 3, "warned": 2, "audited": 1, "exempted": 0, "unchecked": 0}, "rules": {"service-no-node-port": 6}, "conditions": [{"type": "Accepted", "status": "True", "reason": "InForce", "message": "", "lastTransitionTime": "2026-11-21T12:00:00Z"}]}}""");

        var table = await cluster.KubectlAsync("", "get", "trafficpolicies", "listed");

        Assert.Matches(@"^NAME +ACCEPTED +DENIED +WARNED +AUDITED +AGE\nlisted +True +3 +2 +1 +\d+s\n$", table);
    }

    [Fact]
    public async Task kubectl_lists_owner_and_end_of_exemptions()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(Exemption($"{Valid}, names: [debug], ticket: SHOP-1"), "create", "-n", @namespace, "-f", "-");

        var table = await cluster.KubectlAsync("", "get", "trafficpolicyexemptions", "-n", @namespace);
        var wide = await cluster.KubectlAsync("", "get", "tpe", "-n", @namespace, "-o", "wide");

        Assert.Matches(@"^NAME +RULES +OWNER +TICKET +EXPIRES +AGE\ntest +\[""service-no-node-port""\] +team-shop +SHOP-1 +2027-01-31T18:00:00Z +\d+s\n$", table);
        Assert.Matches(@"AGE +REASON\n.*s +Moved in spring\n$", wide);
    }

    private async Task AssertStoredAsWrittenAsync(string policy)
    {
        var written = JsonNode.Parse(Encoding.UTF8.GetString(Assert.Single(Manifest.ReadAll("policy.yaml", policy, [])).Json))!;

        await cluster.KubectlAsync(policy, "apply", "-f", "-");

        var stored = await cluster.KubectlAsync("", "get", "tp", (string)written["metadata"]!["name"]!, "-o", "yaml");
        Assert.Equal(Read(policy).Revision, Read(stored).Revision);
    }

    private static PolicySet Read(string yaml)
    {
        var errors = new List<SourceError>();
        var policies = PolicySet.Read(Manifest.ReadAll("test.yaml", yaml, errors), errors);
        Assert.Empty(errors);
        return policies!;
    }

    private static string Policy(string spec, string name = "test") => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: {{name}} }
        spec: { {{spec}} }
        """;

    private static string Exemption(string spec) => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicyExemption
        metadata: {name: test}
        spec: { {{spec}} }
        """;
}
