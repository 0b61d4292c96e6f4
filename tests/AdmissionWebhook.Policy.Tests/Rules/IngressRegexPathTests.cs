using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class IngressRegexPathTests
{
    [Theory]
    [InlineData("")]
    [InlineData("external-dns.alpha.kubernetes.io/hostname: 'NAMES', ")]
    public void Ingresses_of_other_classes_at_the_same_host_use_no_budget(string annotation)
    {
        var names = string.Join(',', Enumerable.Range(0, 900).Select(i => $"n{i}.example.org"));
        var paths = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"{{path: /{i}, pathType: Prefix}}"));
        var others = Enumerable.Range(0, 600).Select(i => Object(
            $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: other{i}, namespace: elsewhere, annotations: {{{annotation.Replace("NAMES", names, StringComparison.Ordinal)}nginx.ingress.kubernetes.io/use-regex: 'true'}}}}, "
            + $"spec: {{ingressClassName: x{i}, rules: [{{host: shop.example.com, http: {{paths: [{(i % 10 == 0 ? paths : "")}]}}}}]}}}}"));
        var subject = Create("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop, annotations: {nginx.ingress.kubernetes.io/proxy-body-size: 1m}}, "
            + "spec: {ingressClassName: nginx, rules: [{host: shop.example.com, http: {paths: [{path: /api, pathType: Prefix}]}}]}}");

        var decision = PolicyEngine.Decide(
            subject, PolicyOf("ingress-regex-path: {}", "ingress-host-conflict: {}", "ingress-path-conflict: {}", "ingress-path-overlap: {}"), ClusterState.Empty.With(others), new Budget(20_000));

        Assert.DoesNotContain(decision.Findings, finding => finding.Status == FindingStatus.Failed);
    }

    [Fact]
    public void Names_the_first_of_several_Ingresses_by_name_in_any_order()
    {
        var others = new[] { "c", "a", "b" }.Select(@namespace => Object(Ingress(@namespace, "Exact", ""))).ToList();
        var mine = Create(Ingress("shop", "ImplementationSpecific", "nginx.ingress.kubernetes.io/use-regex: 'true'"));

        var told = new[] { others, Enumerable.Reverse(others) }.Select(order =>
            Assert.Single(PolicyEngine.Decide(mine, PolicyOf("ingress-regex-path: {enforcement: Deny}"), ClusterState.Empty.With(order)).Findings).Violation.Message);

        Assert.All(told, message => Assert.Contains("Ingress a/web", message, StringComparison.Ordinal));
    }

    [Fact]
    public void An_alias_is_a_claim_until_its_Ingress_is_deleted()
    {
        var other = Object(Ingress("blog", "Exact", "nginx.ingress.kubernetes.io/server-alias: 'www.example.com'"));
        var state = ClusterState.Empty.With(other);

        Assert.Equal([other], state.IngressesClaiming(Host.Parse("www.example.com")));
        Assert.Equal([other], state.IngressesClaiming(Host.Parse("*.example.com")).Distinct());
        Assert.Empty(state.Without(other.Reference).IngressesClaiming(Host.Parse("www.example.com")));
    }

    private static string Ingress(string @namespace, string type, string annotations) =>
        $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: {@namespace}, annotations: {{{annotations}}}}}, spec: {{ingressClassName: nginx, rules: [{{host: shop.example.com, http: {{paths: [{{path: /api, pathType: {type}}}]}}}}]}}}}";
}
