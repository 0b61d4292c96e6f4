using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class ClusterStateTests
{
    [Fact]
    public void A_lookup_answers_found_missing_or_unknown()
    {
        var state = ClusterState.Unknown.WithKnown([ResourceKind.Service]).With(Object("{apiVersion: v1, kind: Service, metadata: {name: web}}"));

        Assert.NotNull(state.Find<Service>("default", "web").Found);
        Assert.True(state.Find<Service>("default", "api").IsMissing);
        Assert.True(state.Find<Ingress>("default", "web").IsUnknown);
    }

    [Fact]
    public void A_change_creates_a_new_state_and_keeps_the_old_one_unchanged()
    {
        var before = ClusterState.Empty.With(Ingress("a", "a.example.com"));

        var after = before.With(Ingress("a", "b.example.com")).With(Ingress("c", "b.example.com"));

        Assert.Equal(["a"], Names(before, "a.example.com"));
        Assert.Empty(Names(after, "a.example.com"));
        Assert.Equal(["a", "c"], Names(after, "b.example.com").Order());
        Assert.Equal(["c"], Names(after.Without(new(ResourceKind.Ingress, "default", "a")), "b.example.com"));
    }

    [Theory]
    [InlineData("www.example.com", "wild,www")]
    [InlineData("api.example.com", "wild")]
    [InlineData("*.example.com", "deep,wild,www")]
    [InlineData("a.b.example.com", "")]
    [InlineData("example.com", "")]
    [InlineData("", "any")]
    public void Finds_claims_by_host_below_and_above_wildcards(string host, string expected)
    {
        var state = ClusterState.Empty.With(Ingress("www", "WWW.example.com."), Ingress("wild", "'*.example.com'"), Ingress("deep", "x.example.com"), Ingress("any", "''"), Ingress("else", "www.example.org"));

        Assert.Equal(expected, string.Join(',', Names(state, host).Order()));
    }

    [Fact]
    public void Finds_Ingresses_by_the_Services_that_they_use()
    {
        var state = ClusterState.Empty.With(Ingress("a", "a.example.com"), Ingress("b", "b.example.com"));
        var web = new ObjectReference(ResourceKind.Service, "default", "web");

        Assert.Equal(["a", "b"], state.RoutesTo(web).Select(ingress => ingress.Metadata.Name).Order());
        Assert.Single(state.Without(new(ResourceKind.Ingress, "default", "a")).RoutesTo(web));
        Assert.Empty(state.RoutesTo(web with { Namespace = "other" }));
    }

    [Fact]
    public void The_newest_of_several_default_classes_takes_effect()
    {
        var ingress = (Ingress)Ingress("a", "a.example.com");
        var state = ClusterState.Empty.With(Class("old", "2025-01-01T00:00:00Z"), Class("new", "2026-01-01T00:00:00Z"), Class("beside", "2026-01-01T00:00:00Z"));

        Assert.Equal("beside", state.ClassOf(ingress).Name);
        Assert.Equal("new", state.Without(new(ResourceKind.IngressClass, null, "beside")).ClassOf(ingress).Name);
        Assert.Equal((null, true), (ClusterState.Empty.ClassOf(ingress).Name, ClusterState.Empty.ClassOf(ingress).IsKnown));
        Assert.False(ClusterState.Unknown.ClassOf(ingress).IsKnown);
    }

    [Theory]
    [InlineData("a", "2025-01-01T00:00:00Z", "z", "2026-01-01T00:00:00Z", "z")]
    [InlineData("a", "2026-01-01T00:00:00Z", "z", "2025-01-01T00:00:00Z", "a")]
    [InlineData("a", "2026-01-01T00:00:00Z", "z", "2026-01-01T00:00:00Z", "a")]
    public void Default_classes_are_compared_by_age_then_by_name_and_never_by_order(string name, string created, string otherName, string otherCreated, string expected)
    {
        var ingress = (Ingress)Ingress("a", "a.example.com");
        KubernetesObject[] classes = [Class(name, created), Class(otherName, otherCreated)];

        Assert.Equal(expected, ClusterState.Empty.With(classes).ClassOf(ingress).Name);
        Assert.Equal(expected, ClusterState.Empty.With(classes.Reverse()).ClassOf(ingress).Name);
    }

    private static IEnumerable<string> Names(ClusterState state, string host) => state.IngressesClaiming(Host.Parse(host)).Select(ingress => ingress.Metadata.Name).Distinct();

    private static KubernetesObject Ingress(string name, string host) => Object(
        $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: {{name}} }
        spec:
          rules:
            - host: {{host}}
              http:
                paths:
                  - backend: {service: {name: web, port: {number: 80} } }
        """);

    private static KubernetesObject Class(string name, string created) => Object(
        $$"""
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: {{name}}, creationTimestamp: "{{created}}", annotations: {ingressclass.kubernetes.io/is-default-class: "true"} }
        """);
}
