using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class FailureTests
{
    private const string NodePort = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: NodePort, ports: [{port: 80}]}}";

    [Fact]
    public void A_failed_Deny_rule_denies_and_the_other_rules_still_run()
    {
        var decision = PolicyEngine.Decide(Create(NodePort), With(new FailingRule(), Enforcement.Deny, PolicyOf("service-no-node-port: {}")), ClusterState.Empty);

        Assert.Equal(["failing-rule", "service-no-node-port"], decision.Denials.Select(finding => finding.Rule.Id).Order());
        Assert.Contains("failed because of a bug in the webhook: InvalidOperationException: on purpose. Report this bug", string.Join(' ', decision.Denials), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Enforcement.Warn)]
    [InlineData(Enforcement.Audit)]
    public void A_failed_rule_denies_only_if_it_would_deny_a_violation(Enforcement enforcement)
    {
        var decision = PolicyEngine.Decide(Create(NodePort), With(new FailingRule(), enforcement), ClusterState.Empty);

        Assert.True(decision.IsAllowed);
        Assert.Contains("on purpose", Assert.Single(decision.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_with_onError_Warn_allows_the_request_with_a_warning()
    {
        var policies = With(new FailingRule(), Enforcement.Deny);

        var decision = PolicyEngine.Decide(Create(NodePort), policies with { Policies = [policies.Policies[0] with { OnError = ErrorAnswer.Warn }] }, ClusterState.Empty);

        Assert.True(decision.IsAllowed);
        Assert.Single(decision.Warnings);
    }

    [Fact]
    public void A_policy_document_sets_onError()
    {
        var written = Policies("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: lenient}
            spec: {onError: Warn, rules: {service-no-node-port: {}}}
            """);

        Assert.Equal((ErrorAnswer.Warn, ErrorAnswer.Deny), (written.Policies[0].OnError, PolicySet.Default.Policies[0].OnError));
    }

    [Fact]
    public void A_failed_rule_denies_an_update_even_if_it_fails_on_the_stored_object_too()
    {
        var changed = NodePort.Replace("port: 80", "port: 81", StringComparison.Ordinal);

        var decision = PolicyEngine.Decide(Update(NodePort, changed), With(new FailingRule(), Enforcement.Deny), ClusterState.Empty);

        Assert.False(decision.IsAllowed);
    }

    [Fact]
    public void A_failed_rule_does_not_deny_a_change_of_only_labels()
    {
        var labelled = NodePort.Replace("name: web", "name: web, labels: {a: b}", StringComparison.Ordinal);

        var decision = PolicyEngine.Decide(Update(NodePort, labelled) with { ChangesSpec = false }, With(new FailingRule(), Enforcement.Deny), ClusterState.Empty);

        Assert.True(decision.IsAllowed);
    }

    [Fact]
    public void Stops_and_denies_a_rule_that_visits_too_many_objects()
    {
        var decision = PolicyEngine.Decide(Create(NodePort), With(new EndlessRule(), Enforcement.Deny), ClusterState.Empty, new Budget(1_000));

        Assert.Contains("more work than one decision may take", Assert.Single(decision.Denials).Violation.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_stops_at_the_deadline()
    {
        var looks = 0;

        var decision = PolicyEngine.Decide(Create(NodePort), With(new EndlessRule(), Enforcement.Deny), ClusterState.Empty, new Budget(int.MaxValue, () => ++looks > 10));

        Assert.False(decision.IsAllowed);
        Assert.Equal(11, looks);
    }

    [Theory]
    [InlineData("NodePort", false)]
    [InlineData("ClusterIP", true)]
    public void A_Deny_rule_decides_after_a_warning_rule_used_all_its_work(string type, bool isAllowed)
    {
        var policies = With(new EndlessRule(), Enforcement.Warn, PolicyOf("service-no-node-port: {}"));

        var decision = PolicyEngine.Decide(Create(NodePort.Replace("type: NodePort", $"type: {type}", StringComparison.Ordinal)), policies, ClusterState.Empty, new Budget(1_000));

        Assert.Equal(isAllowed, decision.IsAllowed);
        Assert.Contains(decision.Findings, finding => finding is { Status: FindingStatus.Failed, Enforcement: Enforcement.Warn });
        Assert.Equal(isAllowed ? [] : ["service-no-node-port"], decision.Denials.Select(denial => denial.Rule.Id));
    }

    private static PolicySet With(Rule rule, Enforcement enforcement, PolicySet? more = null) => PolicySet.None with
    {
        Policies = [new("broken", NamespaceScope.All, false, [new(rule, enforcement, ParameterValues.Defaults)]), .. more?.Policies ?? []],
    };

    private sealed class FailingRule() : ValidationRule<Service>("failing-rule", "Fails.", "Fails.")
    {
        protected override IEnumerable<Violation> Check(Service subject, RuleContext context) => throw new InvalidOperationException("on purpose");
    }

    private sealed class EndlessRule() : ValidationRule<Service>("endless-rule", "Does not end.", "Does not end.")
    {
        protected override IEnumerable<Violation> Check(Service subject, RuleContext context)
        {
            while (context.Cluster.Find<Service>("shop", "other").Found is null)
            {
            }

            yield break;
        }
    }
}
