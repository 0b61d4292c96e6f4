using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class IngressHostConflictTests
{
    [Fact]
    public void Claims_whose_class_cannot_be_told_are_not_checked()
    {
        var cluster = ClusterState.Unknown.WithKnown(ResourceKind.Ingress).With(Object(Ingress("blog")));

        var decision = PolicyEngine.Decide(Create(Ingress("shop")), PolicyOf("ingress-host-conflict: {}"), cluster);

        Assert.True(decision.IsAllowed);
        Assert.Equal((FindingStatus.Unchecked, "spec.rules[0].host"), (Assert.Single(decision.Findings).Status, decision.Findings[0].Field.ToString()));
    }

    [Fact]
    public void Ingresses_that_name_no_class_meet_where_there_is_no_default()
    {
        var cluster = ClusterState.Empty.With(Object(Ingress("blog")));

        var decision = PolicyEngine.Decide(Create(Ingress("shop")), PolicyOf("ingress-host-conflict: {}"), cluster);

        Assert.Equal("Ingress blog/web", Assert.Single(decision.RestsOn).ToString());
    }

    [Fact]
    public void Of_several_rivals_the_oldest_is_named_whatever_their_order()
    {
        var rivals = new[] { "b", "a", "c" }.Select(space => Object(Ingress(space, space == "c" ? "2025-01-01T00:00:00Z" : "2026-01-01T00:00:00Z"))).ToList();

        var named = new[] { rivals, Enumerable.Reverse(rivals) }.Select(order =>
            Assert.Single(PolicyEngine.Decide(Create(Ingress("shop")), PolicyOf("ingress-host-conflict: {}"), ClusterState.Empty.With(order)).RestsOn).ToString());

        Assert.All(named, rival => Assert.Equal("Ingress c/web", rival));
    }

    private static string Ingress(string space, string created = "2026-01-01T00:00:00Z") =>
        $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: {space}, creationTimestamp: '{created}'}}, spec: {{rules: [{{host: www.example.com}}]}}}}";
}
