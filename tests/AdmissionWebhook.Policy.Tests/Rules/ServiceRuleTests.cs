using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;
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
    public void A_denied_deletion_rests_on_the_Ingresses_and_the_namespace()
    {
        var decision = PolicyEngine.Decide(Delete(Web), InUse, ClusterState.Empty.With(Object(Ingress)));

        Assert.Equal(["Ingress default/shop", "Namespace default"], decision.RestsOn.Select(reference => reference.ToString()));
    }

    [Fact]
    public void Reports_unchecked_if_the_namespace_is_unknown()
    {
        var state = ClusterState.Unknown.WithKnown(ResourceKind.Ingress).With(Object(Ingress));

        var decision = PolicyEngine.Decide(Delete(Web), InUse, state);

        Assert.Equal(FindingStatus.Unchecked, Assert.Single(decision.Findings).Status);
    }

    [Fact]
    public void Reports_every_Ingress_that_uses_the_Service()
    {
        var state = ClusterState.Empty.With(Object(Ingress), Object(Ingress.Replace("name: shop", "name: blog", StringComparison.Ordinal)));

        var decision = PolicyEngine.Decide(Delete(Web), InUse, state);

        Assert.Equal(["blog", "shop"], decision.Denials.Select(denial => denial.Violation.RestsOn[0].Name));
    }

    [Fact]
    public void Denies_removing_a_used_port_despite_the_ratchet()
    {
        var subject = Update(Web, Web.Replace("80", "81", StringComparison.Ordinal));

        Assert.False(PolicyEngine.Decide(subject, InUse, ClusterState.Empty.With(Object(Ingress))).IsAllowed);
    }

    [Theory]
    [InlineData("ingress.k8s.aws/alb", "", "", "Set alb.ingress.kubernetes.io/target-type: ip on the Ingress, then use type ClusterIP")]
    [InlineData("ingress.k8s.aws/alb", "alb.ingress.kubernetes.io/target-type: instance", "", "Set alb.ingress.kubernetes.io/target-type: ip on the Ingress, then use type ClusterIP")]
    [InlineData("ingress.k8s.aws/alb", "alb.ingress.kubernetes.io/target-type: ip", "", "Use type ClusterIP behind an Ingress or a Gateway")]
    [InlineData("ingress.k8s.aws/alb", "", "alb.ingress.kubernetes.io/target-type: ip", "Use type ClusterIP behind an Ingress or a Gateway")]
    [InlineData("k8s.io/ingress-gce", "", "", "Set cloud.google.com/neg: '{\"ingress\": true}' on the Service, then use type ClusterIP")]
    [InlineData("k8s.io/ingress-nginx", "", "", "Use type ClusterIP behind an Ingress or a Gateway")]
    public void The_remedy_for_a_node_port_begins_with_the_controller_that_uses_it(string controller, string ofIngress, string ofService, string remedy)
    {
        var service = Web.Replace("name: web}, spec: {", $"name: web, annotations: {{{ofService}}}}}, spec: {{type: NodePort, ", StringComparison.Ordinal);
        var ingress = Ingress.Replace("name: shop}, spec: {", $"name: shop, annotations: {{{ofIngress}}}}}, spec: {{ingressClassName: public, ", StringComparison.Ordinal);
        var ingressClass = $"{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: public}}, spec: {{controller: {controller}}}}}";

        var decision = PolicyEngine.Decide(Create(service), PolicyOf("service-no-node-port: {enforcement: Deny}"), ClusterState.Empty.With(Object(ingress), Object(ingressClass)));

        Assert.Equal(remedy, Assert.Single(decision.Denials).Violation.Remedy);
    }

    [Fact]
    public void Decides_a_dry_run_like_a_real_request()
    {
        var state = ClusterState.Empty.With(Object(Ingress));

        Assert.False(PolicyEngine.Decide(Delete(Web) with { IsDryRun = true }, InUse, state).IsAllowed);
    }

    [Fact]
    public void An_exemption_of_a_deletion_uses_the_stored_labels()
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
    public void Updates_and_audits_report_the_youngest_load_balancers_above_the_quota(string name, int violations)
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
    public void A_load_balancer_above_the_quota_rests_on_all_older_ones()
    {
        var state = ClusterState.Empty.With(Object(LoadBalancer("a", "2026-01-01T00:00:00Z")), Object(LoadBalancer("b", "2026-01-01T00:00:00Z")));

        var decision = PolicyEngine.Decide(Create(LoadBalancer("c", "2026-02-01T00:00:00Z")), Quota, state);
        var after = PolicyEngine.Decide(Create(LoadBalancer("c", "2026-02-01T00:00:00Z")), Quota, state.Without(decision.RestsOn[0]));

        Assert.Equal(["a", "b"], decision.RestsOn.Select(reference => reference.Name));
        Assert.True(after.IsAllowed);
    }

    [Fact]
    public void A_selector_that_shares_one_more_label_still_has_one_conflict()
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
    public void Reads_a_CIDR_as_Kubernetes_does(string written, string? expected) => Assert.Equal(expected, IpAddresses.ReadRange(written)?.ToString());

    private static Subject Delete(string yaml) => new() { Operation = Operation.Delete, OldObject = Object(yaml) };

    private static string LoadBalancer(string name, string created) =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, creationTimestamp: '{created}'}}, spec: {{type: LoadBalancer}}}}";

    private static KubernetesObject Selecting(string name, string selector) => Object($"{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{selector: {selector}}}}}");
}
