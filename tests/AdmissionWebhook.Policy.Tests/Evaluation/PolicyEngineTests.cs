using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class PolicyEngineTests
{
    private const string NodePort = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: NodePort}}";
    private const string Web = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}";

    [Theory]
    [InlineData("Deny", false, 0)]
    [InlineData("Warn", true, 1)]
    [InlineData("Audit", true, 0)]
    public void The_enforcement_of_the_policy_decides_the_effect_of_a_violation(string enforcement, bool allowed, int warnings)
    {
        var policies = PolicyOf($"service-no-node-port: {{enforcement: {enforcement}}}");

        var decision = PolicyEngine.Decide(Create(NodePort), policies, ClusterState.Empty);

        Assert.Equal((allowed, warnings), (decision.IsAllowed, decision.Warnings.Count()));
        Assert.Equal(enforcement, Assert.Single(decision.Findings).Enforcement.ToString());
    }

    [Theory]
    [InlineData("Off")]
    [InlineData("'Off'")]
    public void Does_not_run_a_rule_that_is_Off(string off)
    {
        var decision = PolicyEngine.Decide(Create(NodePort), PolicyOf($"service-no-node-port: {{enforcement: {off}}}"), ClusterState.Empty);

        Assert.Empty(decision.Findings);
    }

    [Fact]
    public void Does_not_run_a_rule_that_no_policy_lists()
    {
        var decision = PolicyEngine.Decide(Create(NodePort), PolicyOf("service-external-ips: {}"), ClusterState.Empty);

        Assert.Same(Decision.Allow, decision);
    }

    [Fact]
    public void Merges_equal_violations_of_several_policies_at_the_strictest_enforcement()
    {
        var policies = Policies($"{Policy("a", "{}", "service-no-node-port: {enforcement: Warn}")}---\n{Policy("b", "{}", "service-no-node-port: {enforcement: Deny}")}---\n{Policy("c", "{}", "service-no-node-port: {enforcement: Audit}")}");

        var decision = PolicyEngine.Decide(Create(NodePort), policies, ClusterState.Empty);

        Assert.Equal(Enforcement.Deny, Assert.Single(decision.Findings).Enforcement);
    }

    [Fact]
    public void Each_policy_uses_its_own_parameters_and_findings_are_in_catalogue_order()
    {
        var service = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort, externalIPs: [192.0.2.1]}}";
        var policies = Policies($"{Policy("a", "{}", "service-external-ips: {parameters: {allowed: [203.0.113.0/24]}}")}---\n{Policy("b", "{}", "{service-external-ips: {parameters: {allowed: [198.51.100.0/24]}}, service-no-node-port: {}}")}");

        var decision = PolicyEngine.Decide(Create(service), policies, ClusterState.Empty);

        Assert.Equal(
            ["service-no-node-port: Use type ClusterIP behind an Ingress or a Gateway", "service-external-ips: Use an address in 203.0.113.0/24", "service-external-ips: Use an address in 198.51.100.0/24"],
            decision.Findings.Select(finding => $"{finding.Rule.Id}: {finding.Violation.Remedy}"));
    }

    [Theory]
    [InlineData("{include: [shop]}", true)]
    [InlineData("{include: ['sh*']}", true)]
    [InlineData("{include: [other]}", false)]
    [InlineData("{exclude: [shop]}", false)]
    [InlineData("{selector: {matchLabels: {team: web}}}", true)]
    [InlineData("{selector: {matchLabels: {team: api}}}", false)]
    public void A_policy_covers_the_namespaces_that_it_names(string namespaces, bool applies)
    {
        var cluster = ClusterState.Empty.With(Object("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: web}}}"));

        var decision = PolicyEngine.Decide(Create(NodePort), Policies(Policy("scoped", namespaces, "service-no-node-port: {}")), cluster);

        Assert.Equal(!applies, decision.IsAllowed);
    }

    [Fact]
    public void A_policy_with_unknown_namespace_labels_does_not_deny()
    {
        var policies = Policies(Policy("scoped", "{selector: {matchLabels: {team: web}}}", "service-no-node-port: {}"));

        var decision = PolicyEngine.Decide(Create(NodePort), policies, ClusterState.Unknown);

        Assert.True(decision.IsAllowed);
        Assert.Equal(FindingStatus.Unchecked, Assert.Single(decision.Findings).Status);
    }

    [Fact]
    public void Reports_an_unknown_Service_as_unchecked_and_denies_a_missing_one()
    {
        var policies = PolicyOf("ingress-backend-service-exists: {}", "ingress-backend-port-exists: {}");

        var unknown = PolicyEngine.Decide(Create(Web), policies, ClusterState.Unknown);
        var missing = PolicyEngine.Decide(Create(Web), policies, ClusterState.Empty);

        Assert.True(unknown.IsAllowed);
        Assert.Equal([Enforcement.Off, Enforcement.Off], unknown.Findings.Select(finding => finding.Enforcement));
        Assert.Equal("Service shop/web", Assert.Single(missing.RestsOn).ToString());
    }

    [Fact]
    public void A_policy_with_a_selector_does_not_skip_a_namespace_that_is_not_known_yet()
    {
        var policies = Policies(Policy("scoped", "{selector: {matchLabels: {team: web}}}", "service-no-node-port: {}"));

        var decision = PolicyEngine.Decide(Create(NodePort), policies, ClusterState.Empty);

        Assert.Equal(FindingStatus.Unchecked, Assert.Single(decision.Findings).Status);
    }

    [Fact]
    public void Lists_only_the_first_of_many_violations()
    {
        var hosts = string.Join(",", Enumerable.Range(0, 1000).Select(i => $"{{host: h{i}.example.com}}"));
        var ingress = $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web}}, spec: {{rules: [{hosts}]}}}}";

        var decision = PolicyEngine.Decide(Create(ingress), PolicyOf("ingress-tls-required: {}"), ClusterState.Empty);

        Assert.Equal(201, decision.Findings.Length);
        Assert.Equal("more violations are not shown after the first 200. Fix these first. [ingress-tls-required]", decision.Findings[^1].ToString());
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(", {backend: {}}", false)]
    public void Too_many_unchecked_findings_deny_nothing_and_hide_nothing(string last, bool expected)
    {
        var paths = string.Join(", ", Enumerable.Range(0, 300).Select(i => $"{{backend: {{service: {{name: web-{i}, port: {{number: 80}}}}}}}}"));
        var (ingress, before) = (WithRules($"{{http: {{paths: [{paths}{last}]}}}}"), WithRules("{host: web.example.com}"));

        Assert.All([Create(ingress), Update(before, ingress)], asked =>
            Assert.Equal(expected, PolicyEngine.Decide(asked, PolicyOf("ingress-backend-service-exists: {}"), ClusterState.Unknown).IsAllowed));

        static string WithRules(string rule) => $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web}}, spec: {{rules: [{rule}]}}}}";
    }

    [Fact]
    public void Writes_control_characters_of_a_value_as_escapes()
    {
        var decision = PolicyEngine.Decide(Create("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {externalIPs: [\"\\e[31m\\n\"]}}"), PolicyOf("service-external-ips: {}"), ClusterState.Empty);

        Assert.DoesNotContain(decision.Findings[0].ToString(), char.IsControl);
    }

    [Theory]
    [InlineData(Operation.None)]
    [InlineData(Operation.Delete)]
    [InlineData(Operation.Connect)]
    public void Allows_an_operation_that_is_neither_create_nor_update(Operation operation)
    {
        var subject = new Subject { Operation = operation, OldObject = Object(NodePort) };

        Assert.True(PolicyEngine.Decide(subject, PolicySet.Default, ClusterState.Empty).IsAllowed);
    }

    [Fact]
    public void Allows_a_request_without_an_object() =>
        Assert.Same(Decision.Allow, PolicyEngine.Decide(new() { Operation = Operation.Create }, PolicySet.Default, ClusterState.Empty));

    [Fact]
    public void Sets_defaults_only_in_the_mutating_phase()
    {
        var policies = PolicyOf("ingress-default-class: {parameters: {className: nginx}}", "ingress-host-required: {}");

        var mutating = PolicyEngine.Decide(Create(Web, AdmissionPhase.Mutating), policies, ClusterState.Empty);
        var validating = PolicyEngine.Decide(Create(Web), policies, ClusterState.Empty);

        Assert.Equal((1, 0), (mutating.Patch.Length, mutating.Findings.Length));
        Assert.Equal((0, 1), (validating.Patch.Length, validating.Findings.Length));
    }

    [Fact]
    public void Suggests_a_default_and_does_not_set_it()
    {
        var decision = PolicyEngine.Decide(Create(Web, AdmissionPhase.Mutating), PolicyOf("ingress-default-class: {enforcement: Suggest, parameters: {className: nginx}}"), ClusterState.Empty);

        Assert.Empty(decision.Patch);
        Assert.Equal("spec.ingressClassName: is not set; the default would be \"nginx\". Add it to the manifest. [ingress-default-class]", Assert.Single(decision.Warnings));
    }

    [Fact]
    public void Sets_the_default_of_the_first_of_two_policies_and_warns()
    {
        var policies = Policies($"{Policy("b", "{}", "ingress-default-class: {parameters: {className: second}}")}---\n{Policy("a", "{}", "ingress-default-class: {parameters: {className: first}}")}");

        var decision = PolicyEngine.Decide(Create(Web, AdmissionPhase.Mutating), policies, ClusterState.Empty);

        Assert.Equal("\"first\"", Assert.Single(decision.Patch).Value.ToJsonString());
        Assert.Contains("policy \"b\" would set \"second\"", Assert.Single(decision.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Warns_of_an_applied_default_when_tellDefaults_is_true()
    {
        var policies = Policies(Policy("tells", "{}", "ingress-default-class: {parameters: {className: nginx}}").Replace("spec:", "spec:\n  tellDefaults: true", StringComparison.Ordinal));

        var decision = PolicyEngine.Decide(Create(Web, AdmissionPhase.Mutating), policies, ClusterState.Empty);

        Assert.Single(decision.Patch);
        Assert.StartsWith("spec.ingressClassName: was not set; the policy sets \"nginx\"", Assert.Single(decision.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void An_update_restores_a_removed_class_and_adds_none_to_an_Ingress_without_one()
    {
        var policies = PolicyOf("ingress-default-class: {parameters: {className: nginx}}");
        var classed = Web.Replace("spec: {", "spec: {ingressClassName: internal, ", StringComparison.Ordinal);

        var untouched = PolicyEngine.Decide(Update(Web, Web, AdmissionPhase.Mutating), policies, ClusterState.Empty);
        var lost = PolicyEngine.Decide(Update(classed, Web, AdmissionPhase.Mutating), policies, ClusterState.Empty);

        Assert.Empty(untouched.Patch);
        Assert.Single(lost.Patch);
    }

    [Fact]
    public void Does_not_report_node_ports_that_the_old_Service_already_had()
    {
        var service = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 80, nodePort: 30000}]}}";
        var more = service.Replace("ports: [", "ports: [{port: 81, nodePort: 30002}, ", StringComparison.Ordinal);

        var kept = PolicyEngine.Decide(Update(service, service), PolicyOf("service-no-node-port: {}"), ClusterState.Empty);
        var added = PolicyEngine.Decide(Update(service, more), PolicyOf("service-no-node-port: {}"), ClusterState.Empty);

        Assert.Empty(kept.Findings);
        Assert.Equal("spec.ports[0].nodePort", Assert.Single(added.Findings).Field.ToString());
    }

    [Theory]
    [InlineData("type: NodePort")]
    [InlineData("type: LoadBalancer")]
    public void Denies_one_more_node_port_on_a_Service_that_already_has_some(string type)
    {
        var service = $"{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{{type}, ports: [{{port: 80, nodePort: 30000}}]}}}}";
        var more = service.Replace("ports: [", "ports: [{port: 22, nodePort: 30002}, ", StringComparison.Ordinal);

        var decision = PolicyEngine.Decide(Update(service, more), PolicyOf("service-no-node-port: {}"), ClusterState.Empty);
        var fewer = PolicyEngine.Decide(Update(more, service), PolicyOf("service-no-node-port: {}"), ClusterState.Empty);

        Assert.Equal("spec.ports[0].nodePort", Assert.Single(decision.Denials).Field.ToString());
        Assert.Equal(FindingStatus.Old, Assert.Single(fewer.Findings).Status);
    }

    [Fact]
    public void Keeps_warnings_within_the_limits_of_the_API_server()
    {
        var rules = string.Join(",", Enumerable.Range(0, 200).Select(i => $"{{host: {new string('ä', 90)}-{i}.example.com}}"));
        var ingress = $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web}}, spec: {{rules: [{rules}]}}}}";

        var decision = PolicyEngine.Decide(Create(ingress), PolicyOf("ingress-tls-required: {enforcement: Warn}"), ClusterState.Empty);

        Assert.Equal(200, decision.Findings.Length);
        Assert.All(decision.Warnings, warning => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(warning), 250, 256));
        Assert.InRange(decision.Warnings.Sum(System.Text.Encoding.UTF8.GetByteCount), 3000, 4096);
    }

    private static string Policy(string name, string namespaces, string rules) => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: {{name}} }
        spec:
          namespaces: {{namespaces}}
          rules: {{(rules.StartsWith('{') ? rules : "{" + rules + "}")}}

        """;
}
