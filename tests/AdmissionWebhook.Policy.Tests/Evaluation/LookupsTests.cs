using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class LookupsTests
{
    private static readonly ClusterState Cluster = ClusterState.Empty.With(Object(Ingress("blog", "taken")));

    [Fact]
    public void Answers_for_the_given_Ingress_whether_it_shares_its_hosts()
    {
        var (free, taken) = ((Ingress)Object(Ingress("shop", "free")), (Ingress)Object(Ingress("shop", "taken")));
        var lookups = new Lookups(Cluster);

        var told = new[] { free, taken, free, taken }.Select(lookups.HasHostsToItself);

        Assert.Equal([true, false, true, false], told);
    }

    private static string Ingress(string @namespace, string host) =>
        $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: {@namespace}}}, spec: {{ingressClassName: nginx, rules: [{{host: {host}.example.com, http: {{paths: [{{path: /}}]}}}}]}}}}";
}
