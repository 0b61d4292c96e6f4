using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Configuration;

public sealed class ClassScopeTests
{
    private static readonly ClusterState Cluster = ClusterState.Empty.With(Object(
        "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}}"));

    [Theory]
    [InlineData("{}", "", "", true)]
    [InlineData("{include: [nginx]}", "nginx", "", true)]
    [InlineData("{include: [nginx]}", "internal", "", false)]
    [InlineData("{include: ['nginx*']}", "nginx-public", "", true)]
    [InlineData("{include: [nginx]}", "", "nginx", true)]
    [InlineData("{include: [nginx]}", "", "", true)]
    [InlineData("{include: [internal]}", "", "", false)]
    [InlineData("{include: [nginx]}", "internal", "nginx", true)]
    [InlineData("{include: [nginx]}", "nginx", "internal", true)]
    [InlineData("{include: [nginx]}", "internal", "other", false)]
    [InlineData("{exclude: [internal]}", "internal", "", false)]
    [InlineData("{exclude: [internal]}", "internal", "nginx", true)]
    [InlineData("{exclude: [nginx]}", "", "", false)]
    [InlineData("{exclude: [internal]}", "", "", true)]
    public void A_policy_covers_an_Ingress_of_its_classes_by_field_annotation_or_default(string scope, string field, string annotation, bool applies) =>
        Assert.Equal(!applies, Judge(scope, field, annotation, Cluster).IsAllowed);

    [Theory]
    [InlineData("{}", true)]
    [InlineData("{exclude: [internal]}", true)]
    [InlineData("{include: [nginx]}", false)]
    public void Only_a_policy_for_all_classes_covers_an_Ingress_without_a_class(string scope, bool applies) =>
        Assert.Equal(!applies, Judge(scope, "", "", ClusterState.Empty).IsAllowed);

    [Fact]
    public void Denies_nothing_while_the_default_class_is_unknown()
    {
        var decision = Judge("{include: [nginx]}", "", "", ClusterState.Unknown);

        Assert.True(decision.IsAllowed);
        Assert.Equal(FindingStatus.Unchecked, Assert.Single(decision.Findings).Status);
        Assert.False(Judge("{include: [nginx]}", "nginx", "", ClusterState.Unknown).IsAllowed);
    }

    [Fact]
    public void Class_scopes_do_not_apply_to_Services() =>
        Assert.False(PolicyEngine.Decide(Create("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort}}"), Policy("{include: [nginx]}", "service-no-node-port"), Cluster).IsAllowed);

    private static Decision Judge(string scope, string field, string annotation, ClusterState cluster)
    {
        var ingress = $$"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web, annotations: { {{(annotation.Length == 0 ? "" : $"kubernetes.io/ingress.class: {annotation}")}} } }
            spec: { {{(field.Length == 0 ? "" : $"ingressClassName: {field},")}} rules: [{host: www.example.com}] }
            """;
        return PolicyEngine.Decide(Create(ingress), Policy(scope, "ingress-tls-required"), cluster);
    }

    private static Policy.Configuration.PolicySet Policy(string scope, string rule) => Policies($$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: test}
        spec: {ingressClasses: {{scope}}, rules: { {{rule}}: {} } }
        """);
}
