using System.Globalization;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class PassesTests
{
    private const string Debug = "{apiVersion: v1, kind: Service, metadata: {name: debug, namespace: shop}, spec: {type: NodePort}}";
    private static readonly DateTimeOffset End = DateTimeOffset.Parse("2027-01-31T18:00:00Z", CultureInfo.InvariantCulture);

    [Fact]
    public void Reports_the_exemption_that_allows_a_violation()
    {
        var finding = Assert.Single(Judge(Create(Debug) with { Time = End.AddTicks(-1) }, Exemption()).Findings);

        Assert.Equal((Enforcement.Off, FindingStatus.Exempted, "shop/legacy"), (finding.Enforcement, finding.Status, finding.Exemption));
    }

    [Fact]
    public void An_exemption_ends_at_expiresAt_and_applies_to_no_request_without_a_time()
    {
        Assert.False(Judge(Create(Debug) with { Time = End }, Exemption()).IsAllowed);
        Assert.False(Judge(Create(Debug), Exemption()).IsAllowed);
    }

    [Theory]
    [InlineData("name: debug, namespace: other", "")]
    [InlineData("name: debug-two, namespace: shop", "")]
    [InlineData("name: debug, namespace: shop, annotations: {policy.admissionwebhook.dev/exempt: 'true', exemption: shop/legacy}", "labels: {legacy: 'true'}")]
    [InlineData("name: web, namespace: shop, labels: {legacy: 'true', exempt: service-no-node-port}", "")]
    public void Only_the_named_object_is_exempt(string metadata, string selector)
    {
        var service = Debug.Replace("name: debug, namespace: shop", metadata, StringComparison.Ordinal);
        var exemption = Exemption(selection: selector.Length == 0 ? "names: [debug]" : $"names: [debug], selector: {{match{selector.Replace("labels", "Labels", StringComparison.Ordinal)}}}");

        var decision = Judge(Create(service) with { Time = End.AddDays(-1) }, exemption);

        Assert.False(decision.IsAllowed);
        Assert.All(decision.Findings, finding => Assert.Null(finding.Exemption));
    }

    [Fact]
    public void A_policy_limits_the_lifetime_of_exemptions()
    {
        var created = Exemption().Replace("namespace: shop", "namespace: shop, creationTimestamp: 2026-11-01T00:00:00Z", StringComparison.Ordinal);
        var policy = Policy("service-no-node-port: {}", "exemptions: {maxLifetime: 30d}");
        var boundary = DateTimeOffset.Parse("2026-12-01T00:00:00Z", CultureInfo.InvariantCulture);

        Assert.True(Judge(Create(Debug) with { Time = boundary.AddTicks(-1) }, created, policy).IsAllowed);
        Assert.False(Judge(Create(Debug) with { Time = boundary }, created, policy).IsAllowed);
    }

    [Fact]
    public void Each_policy_has_its_own_limit_and_the_strictest_enforcement_wins()
    {
        var created = Exemption().Replace("namespace: shop", "namespace: shop, creationTimestamp: 2026-11-01T00:00:00Z", StringComparison.Ordinal);
        var policies = Policy("service-no-node-port: {}", name: "lax") + "---\n" + Policy("service-no-node-port: {}", "exemptions: {maxLifetime: 1h}");

        var finding = Assert.Single(Judge(Create(Debug) with { Time = End.AddDays(-1) }, created, policies).Findings);

        Assert.Equal((Enforcement.Deny, FindingStatus.Violated, null), (finding.Enforcement, finding.Status, finding.Exemption));
    }

    [Fact]
    public void Does_not_set_an_exempt_default()
    {
        const string Web = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {rules: [{host: a.co}]}}";
        var policy = Policy("ingress-default-class: {parameters: {className: nginx}}");
        var subject = Create(Web, AdmissionPhase.Mutating) with { Time = End.AddDays(-1) };

        Assert.Empty(Judge(subject, Exemption("ingress-default-class", "names: [web]"), policy).Patch);
        Assert.Single(Judge(subject with { Time = End }, Exemption("ingress-default-class", "names: [web]"), policy).Patch);
    }

    [Theory]
    [InlineData("serviceAccounts: [ops/*]", "system:serviceaccount:ops:deployer", true)]
    [InlineData("serviceAccounts: [ops/*]", "system:serviceaccount:ops-x:deployer", false)]
    [InlineData("users: ['*']", "", false)]
    [InlineData("users: ['*']", "alice", true)]
    [InlineData("groups: [platform]", "alice", true)]
    [InlineData("groups: [plat]", "alice", false)]
    public void Reports_the_name_of_a_user_that_a_policy_or_rule_exempts(string scope, string user, bool isExempt)
    {
        var subject = Create(Debug) with { User = new(user, ["platform"]) };

        var decisions = new[] { Policy("service-no-node-port: {}", $"exempt: {{{scope}}}"), Policy($"service-no-node-port: {{exempt: {{{scope}}}}}") }
            .Select(policy => Judge(subject, "", policy)).ToList();

        Assert.All(decisions, decision => Assert.Equal(isExempt, decision.IsAllowed));
        Assert.All(decisions, decision => Assert.Equal(isExempt ? $"user {user}" : null, Assert.Single(decision.Findings).Exemption));
    }

    [Fact]
    public void A_user_exempt_from_one_rule_is_denied_by_the_others()
    {
        var service = Debug.Replace("type: NodePort", "type: NodePort, externalIPs: [192.0.2.1]", StringComparison.Ordinal);
        var policy = Policy("service-no-node-port: {exempt: {users: [alice]}}\n    service-external-ips: {}");

        Assert.Equal("service-external-ips", Assert.Single(Judge(Create(service) with { User = new("alice", []) }, "", policy).Denials).Rule.Id);
    }

    [Fact]
    public void An_unchecked_finding_uses_no_exemption()
    {
        const string Web = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}}";
        var policies = Policies(Policy("ingress-backend-service-exists: {}") + "---\n" + Exemption("ingress-backend-service-exists", "names: [web]"));

        var finding = Assert.Single(PolicyEngine.Decide(Create(Web) with { Time = End.AddDays(-1) }, policies, ClusterState.Unknown).Findings);

        Assert.Equal((FindingStatus.Unchecked, null), (finding.Status, finding.Exemption));
    }

    private static Decision Judge(Subject subject, string exemption, string? policy = null) =>
        PolicyEngine.Decide(subject, Policies((policy ?? Policy("service-no-node-port: {}")) + (exemption.Length == 0 ? "" : "---\n" + exemption)), ClusterState.Empty);

    private static string Policy(string rules, string further = "tellDefaults: false", string name = "test") => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: {{name}} }
        spec:
          {{further}}
          rules:
            {{rules}}

        """;

    private static string Exemption(string rule = "service-no-node-port", string selection = "names: [debug]") => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicyExemption
        metadata: {name: legacy, namespace: shop}
        spec: {rules: [{{rule}}], {{selection}}, reason: Moved in spring, owner: team-shop, expiresAt: 2027-01-31T18:00:00Z}

        """;
}
