using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class OldViolationTests
{
    private const string LongValue = "this is no origin, and it is so long that no message will ever show the whole of it; ";

    private static readonly PolicySet Tls = PolicyOf("ingress-tls-required: {}");

    [Fact]
    public void Denies_only_the_new_violations_of_an_update()
    {
        var decision = PolicyEngine.Decide(Update(Hosts("a", "b"), Hosts("c", "b", "d")), Tls, ClusterState.Empty);

        Assert.Equal(["c", "d"], decision.Denials.Select(HostOf));
        Assert.Equal(["b"], decision.Findings.Where(finding => finding.Status == FindingStatus.Old).Select(HostOf));
    }

    [Fact]
    public void Denies_a_new_violation_after_hundreds_of_old_ones()
    {
        var many = Enumerable.Range(0, 500).Select(i => $"h{i}").ToArray();

        var decision = PolicyEngine.Decide(Update(Hosts(many), Hosts([.. many, "new"])), Tls, ClusterState.Empty);

        Assert.Equal("new", HostOf(Assert.Single(decision.Denials)));
        Assert.Equal(202, decision.Findings.Length);
    }

    [Fact]
    public void A_truncated_warning_still_says_that_the_violation_is_old()
    {
        var ingress = Hosts(new string('a', 240));

        var warning = Assert.Single(PolicyEngine.Decide(Update(ingress, ingress), Tls, ClusterState.Empty).Warnings);

        Assert.EndsWith("…", warning, StringComparison.Ordinal);
        Assert.Contains("existing violation", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worse_violation_is_new()
    {
        var half = Hosts("a").Replace("rules:", "tls: [{hosts: [a.example.com]}], rules:", StringComparison.Ordinal);

        Assert.False(PolicyEngine.Decide(Update(half, Hosts("a")), Tls, ClusterState.Empty).IsAllowed);
    }

    [Theory]
    [InlineData("ingress-nginx-snippet", "configuration-snippet", "more_set_headers 'X: 1';", "proxy_pass http://elsewhere;")]
    [InlineData("ingress-nginx-forbidden-directive", "configuration-snippet", "content_by_lua_block { ngx.say(1) }", "content_by_lua_block { os.execute(1) }")]
    [InlineData("ingress-nginx-annotation-risk", "configuration-snippet", "more_set_headers 'X: 1';", "proxy_pass http://elsewhere;")]
    [InlineData("ingress-nginx-annotation-value", "cors-allow-origin", LongValue + "a", LongValue + "b")]
    public void A_violation_with_another_value_that_the_message_does_not_show_is_new(string rule, string annotation, string old, string now)
    {
        var policy = PolicyOf($"{rule}: {{}}");

        Assert.False(PolicyEngine.Decide(Update(Annotated(old), Annotated(now)), policy, ClusterState.Empty).IsAllowed);
        Assert.True(PolicyEngine.Decide(Update(Annotated(now), Annotated(now, "other")), policy, ClusterState.Empty).IsAllowed);

        string Annotated(string value, string note = "none") => Hosts("a").Replace("namespace: shop", $"namespace: shop, annotations: {{note: {note}, nginx.ingress.kubernetes.io/{annotation}: \"{value}\"}}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_violation_with_another_path_that_is_too_long_to_show_is_new()
    {
        var policy = PolicyOf("ingress-path-valid: {}");
        var (old, now) = (Path("harmless"), Path("alias /etc/x"));

        Assert.False(PolicyEngine.Decide(Update(old, now), policy, ClusterState.Empty).IsAllowed);

        static string Path(string end) => $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web}}, spec: {{rules: [{{host: a.co, http: {{paths: [{{path: '/{new string('a', 90)} {end}'}}]}}}}]}}}}";
    }

    [Theory]
    [InlineData("Audit", Enforcement.Audit)]
    [InlineData("Warn", Enforcement.Warn)]
    public void A_rule_at_Warn_warns_on_update_as_on_create(string written, Enforcement enforcement)
    {
        var decision = PolicyEngine.Decide(Update(Hosts("a"), Hosts("a")), PolicyOf($"ingress-tls-required: {{enforcement: {written}}}"), ClusterState.Empty);

        var finding = Assert.Single(decision.Findings);
        Assert.Equal((enforcement, FindingStatus.Violated), (finding.Enforcement, finding.Status));
    }

    [Fact]
    public void A_policy_without_the_ratchet_denies_an_old_violation_beside_a_policy_with_it()
    {
        var policies = Policies(string.Join("---\n", Policy("a", "{}"), Policy("b", "{ratchet: {enabled: false}}"), Policy("c", "{}")));

        var finding = Assert.Single(PolicyEngine.Decide(Update(Hosts("a"), Hosts("a")), policies, ClusterState.Empty).Findings);

        Assert.Equal((Enforcement.Deny, FindingStatus.Violated), (finding.Enforcement, finding.Status));
    }

    [Fact]
    public void A_value_that_looks_like_a_field_path_counts_as_a_value()
    {
        var cluster = ClusterState.Empty.With(Object(Paths("shop", "/a[1]", "/a[2]").Replace("name: web", "name: other", StringComparison.Ordinal)));
        var policies = PolicyOf("ingress-path-conflict: {enforcement: Deny}");

        Assert.True(PolicyEngine.Decide(Update(Paths("shop", "/a[1]"), Paths("shop", "/b", "/a[1]")), policies, cluster).IsAllowed);
        Assert.False(PolicyEngine.Decide(Update(Paths("shop", "/a[1]"), Paths("shop", "/a[2]")), policies, cluster).IsAllowed);
    }

    [Fact]
    public void A_backend_that_was_deleted_before_the_update_is_an_old_violation()
    {
        var decision = PolicyEngine.Decide(Update(Paths("shop", "/a"), Paths("shop", "/a")), PolicyOf("ingress-backend-service-exists: {}"), ClusterState.Empty);

        Assert.Equal(FindingStatus.Old, Assert.Single(decision.Findings).Status);
        Assert.True(decision.IsAllowed);
    }

    [Theory]
    [InlineData("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: 17}")]
    [InlineData("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {rules: [17, {host: [a]}], tls: x}}")]
    [InlineData("{apiVersion: networking.k8s.io/v1, kind: Ingress}")]
    public void A_malformed_stored_object_makes_no_other_violation_old(string malformed)
    {
        var decision = PolicyEngine.Decide(Update(malformed, Hosts("a")), Tls, ClusterState.Empty);

        Assert.Equal("a", HostOf(Assert.Single(decision.Denials)));
    }

    [Theory]
    [InlineData("nginx", false)]
    [InlineData("internal", true)]
    public void A_violation_outside_the_scope_of_the_policy_is_not_old(string now, bool isAllowed)
    {
        var policies = Policies(Policy("scoped", "{}").Replace("spec:", "spec:\n  ingressClasses: {include: [nginx]}", StringComparison.Ordinal));

        var decision = PolicyEngine.Decide(Update(Classed("internal"), Classed(now)), policies, ClusterState.Empty);

        Assert.Equal(isAllowed, decision.IsAllowed);
    }

    [Fact]
    public void A_violation_from_an_exempt_user_is_old()
    {
        var policies = Policies(Policy("exempting", "{exempt: {users: [alice]}}"));

        var created = PolicyEngine.Decide(Create(Hosts("a")) with { User = new("alice", []) }, policies, ClusterState.Empty);
        var changed = PolicyEngine.Decide(Update(Hosts("a"), Hosts("a")) with { User = new("bob", []) }, policies, ClusterState.Empty);

        Assert.Equal(FindingStatus.Exempted, Assert.Single(created.Findings).Status);
        Assert.Equal(FindingStatus.Old, Assert.Single(changed.Findings).Status);
    }

    private static string HostOf(Finding finding) => finding.Violation.Message.Split(' ')[1].Trim('"').Split('.')[0];

    private static string Classed(string className) => Hosts("a").Replace("spec: {", $"spec: {{ingressClassName: {className}, ", StringComparison.Ordinal);

    private static string Hosts(params string[] hosts) =>
        $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: shop}}, spec: {{rules: [{string.Join(", ", hosts.Select(host => $"{{host: {host}.example.com}}"))}]}}}}";

    private static string Paths(string @namespace, params string[] paths) => $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web, namespace: {{@namespace}} }
        spec:
          ingressClassName: nginx
          rules:
            - host: www.example.com
              http:
                paths:
                  {{string.Join("\n          ", paths.Select(path => $"- {{path: '{path}', pathType: ImplementationSpecific, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}"))}}
        """;

    private static string Policy(string name, string setting) => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: {{name}} }
        spec:
          rules: {ingress-tls-required: {{setting}} }

        """;
}
