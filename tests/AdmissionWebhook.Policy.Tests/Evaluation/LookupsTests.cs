using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class LookupsTests
{
    private static readonly ClusterState Cluster = ClusterState.Empty.With(Object(Ingress("blog", "taken")));

    [Fact]
    public void Whether_hosts_are_an_Ingresss_own_is_told_of_the_one_that_is_asked_about()
    {
        var (free, taken) = ((Ingress)Object(Ingress("shop", "free")), (Ingress)Object(Ingress("shop", "taken")));
        var lookups = new Lookups(Cluster);

        var told = new[] { free, taken, free, taken }.Select(lookups.HasHostsToItself);

        Assert.Equal([true, false, true, false], told);
    }

    [Fact]
    public void An_update_from_a_free_host_to_a_taken_one_is_refused_and_not_taken_for_old()
    {
        var decision = PolicyEngine.Decide(Update(Ingress("shop", "free"), Ingress("shop", "taken")), PolicyOf("ingress-host-conflict: {}"), Cluster);

        Assert.Equal((FindingStatus.Violated, "ingress-host-conflict"), (Assert.Single(decision.Findings).Status, Assert.Single(decision.Denials).Rule.Id));
    }

    private static string Ingress(string space, string host) =>
        $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: {space}}}, spec: {{ingressClassName: nginx, rules: [{{host: {host}.example.com, http: {{paths: [{{path: /}}]}}}}]}}}}";
}
