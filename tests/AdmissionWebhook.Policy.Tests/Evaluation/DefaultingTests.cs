using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class DefaultingTests
{
    private const string Web = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}";

    [Fact]
    public void A_failed_default_warns_once_denies_nothing_and_sets_nothing()
    {
        var broken = new TrafficPolicy("broken", NamespaceScope.All, false, [new(new FailingDefault(), Enforcement.Apply, ParameterValues.Defaults)]);

        var decision = PolicyEngine.Decide(Create(Web, AdmissionPhase.Mutating), PolicySet.None with { Policies = [broken] }, ClusterState.Empty);

        Assert.Equal(FindingStatus.Failed, Assert.Single(decision.Findings).Status);
        Assert.Contains("on purpose", Assert.Single(decision.Warnings), StringComparison.Ordinal);
        Assert.True(decision.IsAllowed);
        Assert.Empty(decision.Patch);
    }

    [Fact]
    public void A_policy_with_unknown_namespace_labels_sets_no_defaults()
    {
        var policies = Policies("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: scoped}
            spec:
              namespaces: {selector: {matchLabels: {team: web}}}
              rules: {ingress-default-class: {parameters: {className: nginx}}}
            """);
        var told = ClusterState.Unknown.With(Object("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: web}}}"));

        var unknown = PolicyEngine.Decide(Create(Web, AdmissionPhase.Mutating), policies, ClusterState.Unknown);
        var known = PolicyEngine.Decide(Create(Web, AdmissionPhase.Mutating), policies, told);

        Assert.Empty(unknown.Patch);
        Assert.Single(known.Patch);
    }

    private sealed class FailingDefault() : MutationRule<Ingress>("failing-default", "Fails.", "Fails.")
    {
        protected override IEnumerable<PatchOperation> Fill(Ingress subject, RuleContext context) => throw new InvalidOperationException("on purpose");
    }
}
