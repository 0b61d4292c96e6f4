using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class IngressClassInUseTests
{
    private const string Class = "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}";

    [Fact]
    public void Allows_deleting_a_class_after_its_last_Ingress()
    {
        var users = Enumerable.Range(0, 5).Select(i => Object(Ingress($"web{i}"))).ToList();
        var cluster = ClusterState.Empty.With(users);

        var denied = Delete(cluster);
        foreach (var user in users)
            cluster = cluster.Without(user.Reference);

        Assert.Equal(["Ingress default/web0", "Ingress default/web1", "Ingress default/web2"], denied.RestsOn.Select(reference => reference.ToString()));
        Assert.Contains("and 2 more", Assert.Single(denied.Denials).Text, StringComparison.Ordinal);
        Assert.True(Delete(cluster).IsAllowed);
    }

    [Fact]
    public void Allows_deleting_a_class_that_its_Ingress_has_left()
    {
        var cluster = ClusterState.Empty.With(Object(Ingress("web"))).With(Object(Ingress("web").Replace("ingressClassName: nginx", "ingressClassName: other", StringComparison.Ordinal)));

        Assert.True(Delete(cluster).IsAllowed);
    }

    [Fact]
    public void Denies_nothing_while_Ingresses_are_unknown()
    {
        var decision = Delete(ClusterState.Unknown);

        Assert.Equal((true, FindingStatus.Unchecked), (decision.IsAllowed, Assert.Single(decision.Findings).Status));
    }

    [Fact]
    public void Runs_only_on_DELETE()
    {
        var policies = PolicyOf("ingress-class-in-use: {enforcement: Deny}");
        var cluster = ClusterState.Empty.With(Object(Ingress("web")));

        Assert.Empty(PolicyEngine.Decide(Create(Class), policies, cluster).Findings);
        Assert.Empty(PolicyEngine.Decide(Update(Class, Class), policies, cluster).Findings);
        Assert.Empty(PolicyEngine.Decide(Subject.OfAudit(Object(Class), DateTimeOffset.MaxValue), policies, cluster).Findings);
    }

    private static Decision Delete(ClusterState cluster) =>
        PolicyEngine.Decide(new() { Operation = Operation.Delete, OldObject = Object(Class) }, PolicyOf("ingress-class-in-use: {enforcement: Deny}"), cluster);

    private static string Ingress(string name) => $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: {name}}}, spec: {{ingressClassName: nginx, rules: [{{host: a.co}}]}}}}";
}
