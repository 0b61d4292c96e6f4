using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

/// <summary>What rules about Services have to say beyond what a sample shows.</summary>
public sealed class ServiceRuleTests
{
    private const string Web = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}";
    private const string Ingress = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: shop}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}";

    private static readonly PolicySet InUse = PolicyOf("service-in-use: {enforcement: Deny}");
    private static readonly PolicySet Quota = PolicyOf("service-load-balancer-quota: {enforcement: Deny, parameters: {max: 2}}");

    [Fact]
    public void A_deletion_rests_on_the_Ingresses_and_on_the_namespace()
    {
        var decision = PolicyEngine.Decide(Delete(Web), InUse, ClusterState.Empty.With(Object(Ingress)));

        Assert.Equal(["Ingress default/shop", "Namespace default"], decision.RestsOn.Select(reference => reference.ToString()));
    }

    [Fact]
    public void Whether_a_namespace_goes_that_nobody_knows_of_is_not_checked()
    {
        var state = ClusterState.Unknown.WithKnown(ResourceKind.Ingress).With(Object(Ingress));

        var decision = PolicyEngine.Decide(Delete(Web), InUse, state);

        Assert.Equal(FindingStatus.Unchecked, Assert.Single(decision.Findings).Status);
    }

    [Fact]
    public void Every_Ingress_in_the_way_is_told()
    {
        var state = ClusterState.Empty.With(Object(Ingress), Object(Ingress.Replace("name: shop", "name: blog", StringComparison.Ordinal)));

        var decision = PolicyEngine.Decide(Delete(Web), InUse, state);

        Assert.Equal(["blog", "shop"], decision.Denials.Select(denial => denial.Violation.RestsOn[0].Name));
    }

    [Fact]
    public void The_ratchet_forgives_no_port_that_goes()
    {
        var subject = Update(Web, Web.Replace("80", "81", StringComparison.Ordinal));

        Assert.False(PolicyEngine.Decide(subject, InUse, ClusterState.Empty.With(Object(Ingress))).IsAllowed);
    }

    [Fact]
    public void A_dry_run_is_judged_alike()
    {
        var state = ClusterState.Empty.With(Object(Ingress));

        Assert.False(PolicyEngine.Decide(Delete(Web) with { IsDryRun = true }, InUse, state).IsAllowed);
    }

    [Fact]
    public void An_exemption_lets_a_Service_go_by_the_labels_it_was_stored_with()
    {
        var policies = Policies("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: test}
            spec: {rules: {service-in-use: {enforcement: Deny}}}
            ---
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicyExemption
            metadata: {name: move, namespace: default}
            spec: {rules: [service-in-use], names: [web], reason: It moves, owner: team-shop, expiresAt: 2027-01-31T18:00:00Z}
            """);

        var decision = PolicyEngine.Decide(Delete(Web) with { Time = DateTimeOffset.UnixEpoch }, policies, ClusterState.Empty.With(Object(Ingress)));

        Assert.Equal(FindingStatus.Exempted, Assert.Single(decision.Findings).Status);
    }

    [Theory]
    [InlineData("a", 0)]
    [InlineData("b", 0)]
    [InlineData("c", 1)]
    [InlineData("d", 1)]
    public void Among_stored_load_balancers_the_younger_ones_are_too_many_in_updates_and_audits_alike(string name, int violations)
    {
        var stored = new[] { "a", "b", "c", "d" }.ToDictionary(each => each, each => LoadBalancer(each, $"2026-01-0{each[0] - 'a' + 1}T00:00:00Z"));
        var state = ClusterState.Empty.With(stored.Values.Select(Object));
        var changed = stored[name].Replace("type: LoadBalancer", "type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24]", StringComparison.Ordinal);

        var audited = PolicyEngine.Decide(Subject.OfAudit(Object(stored[name]), default), Quota, state);
        var updated = PolicyEngine.Decide(Update(stored[name], changed), Quota, state);

        Assert.Equal(violations, audited.Findings.Length);
        Assert.True(updated.IsAllowed, string.Join('\n', updated.Denials));
        Assert.Equal(violations, updated.Findings.Length);
    }

    [Fact]
    public void A_load_balancer_too_many_rests_on_all_that_came_before()
    {
        var state = ClusterState.Empty.With(Object(LoadBalancer("a", "2026-01-01T00:00:00Z")), Object(LoadBalancer("b", "2026-01-01T00:00:00Z")));

        var decision = PolicyEngine.Decide(Create(LoadBalancer("c", "2026-02-01T00:00:00Z")), Quota, state);
        var after = PolicyEngine.Decide(Create(LoadBalancer("c", "2026-02-01T00:00:00Z")), Quota, state.Without(decision.RestsOn[0]));

        Assert.Equal(["a", "b"], decision.RestsOn.Select(reference => reference.Name));
        Assert.True(after.IsAllowed);
    }

    [Fact]
    public void A_selector_that_shares_one_more_label_with_another_collides_no_more_than_before()
    {
        var state = ClusterState.Empty.With(Selecting("other", "{a: x, b: y, c: z, d: w}"));
        var update = new Subject { Operation = Operation.Update, OldObject = Selecting("web", "{b: y, a: x}"), Object = Selecting("web", "{b: y, a: x, c: z}") };

        var decision = PolicyEngine.Decide(update, PolicyOf("service-selector-unique: {enforcement: Deny}"), state);

        Assert.True(decision.IsAllowed, string.Join('\n', decision.Denials));
        Assert.Equal("must not select all pods of Service default/other", Assert.Single(decision.Findings).Violation.Message);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData(" 10.1.2.3/8 ", "10.0.0.0/8")]
    [InlineData("0.0.0.0/00", "0.0.0.0/0")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("fd00::1/7", "fc00::/7")]
    [InlineData("10.0.0.0/33", null)]
    [InlineData("10.0.0.0", null)]
    [InlineData("010.0.0.0/8", null)]
    [InlineData("10.0.0.0/-1", null)]
    [InlineData("/8", null)]
    public void A_range_is_read_as_Kubernetes_reads_it(string written, string? expected) => Assert.Equal(expected, IpAddresses.ReadRange(written)?.ToString());

    private static Subject Delete(string yaml) => new() { Operation = Operation.Delete, OldObject = Object(yaml) };

    private static string LoadBalancer(string name, string created) =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, creationTimestamp: '{created}'}}, spec: {{type: LoadBalancer}}}}";

    private static KubernetesObject Selecting(string name, string selector) => Object($"{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{selector: {selector}}}}}");
}
