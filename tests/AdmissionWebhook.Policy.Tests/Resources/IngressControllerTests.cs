using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class IngressControllerTests
{
    [Theory]
    [InlineData("k8s.io/ingress-nginx", "ingress-nginx")]
    [InlineData("k8s.io/internal-ingress-nginx", "ingress-nginx")]
    [InlineData("nginx.org/ingress-controller", "nginx")]
    [InlineData("traefik.io/ingress-controller", "traefik")]
    [InlineData("ingress.k8s.aws/alb", "aws-load-balancer")]
    [InlineData("haproxy.org/ingress-controller/inner", "haproxy")]
    [InlineData("haproxy-ingress.github.io/controller", "haproxy-ingress")]
    [InlineData("projectcontour.io/ingress-controller", "contour")]
    [InlineData("istio.io/ingress-controller", "istio")]
    [InlineData("ingress-controllers.konghq.com/kong", "kong")]
    [InlineData("example.com/own", null)]
    public void Finds_a_controller_by_its_IngressClass(string controller, string? expected)
    {
        var state = ClusterState.Empty.With(Object($"{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: web}}, spec: {{controller: {controller}}}}}"));

        Assert.Equal(expected, state.ControllerOf(Ingress("ingressClassName: web"))?.Id);
    }

    [Theory]
    [InlineData("gce", "gce")]
    [InlineData("nginx", "ingress-nginx")]
    [InlineData("web", null)]
    public void Without_an_IngressClass_finds_a_controller_by_its_class_name(string className, string? expected) =>
        Assert.Equal(expected, ClusterState.Unknown.ControllerOf(Ingress($"ingressClassName: {className}"))?.Id);

    [Fact]
    public void Does_not_find_a_controller_by_the_name_of_another_controllers_class()
    {
        var state = ClusterState.Empty.With(Object("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: nginx.org/ingress-controller}}"));

        Assert.Equal("nginx", state.ControllerOf(Ingress("ingressClassName: nginx"))?.Id);
    }

    [Fact]
    public void No_two_controllers_claim_one_prefix() =>
        Assert.All(IngressController.All, known => Assert.All(known.Prefixes, prefix => Assert.Single(IngressController.All, other => other.Owns(prefix))));

    private static Ingress Ingress(string spec) => (Ingress)Object($"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web}}, spec: {{{spec}}}}}");
}
