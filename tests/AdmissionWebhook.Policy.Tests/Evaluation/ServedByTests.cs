using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class ServedByTests
{
    private static readonly ClusterState Present = ClusterState.Empty.With(Class("web", "k8s.io/ingress-nginx"), Class("edge", "traefik.io/ingress-controller"), Class("own", "example.com/own"));

    [Theory]
    [InlineData("web", null, true)]
    [InlineData("edge", null, false)]
    [InlineData("own", null, true)]
    [InlineData(null, "web", true)]
    [InlineData(null, "edge", false)]
    [InlineData("web", "edge", true)]
    [InlineData("edge", "web", true)]
    [InlineData("edge", "own", true)]
    [InlineData("edge", "edge", false)]
    [InlineData("edge", "traefik", false)]
    [InlineData(null, null, true)]
    public void An_existing_class_shows_the_controller(string? field, string? annotation, bool expected) => AssertServed(expected, field, annotation, Present);

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("nginx", null, true)]
    [InlineData("traefik", null, false)]
    [InlineData("own", null, true)]
    [InlineData(null, "traefik", false)]
    [InlineData("traefik", "nginx", true)]
    [InlineData("traefik", "own", true)]
    [InlineData("traefik", "kong", false)]
    public void The_name_of_a_missing_class_shows_the_controller(string? field, string? annotation, bool expected) => AssertServed(expected, field, annotation, ClusterState.Empty);

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("nginx", null, true)]
    [InlineData("traefik", null, false)]
    [InlineData("own", null, null)]
    [InlineData(null, "own", null)]
    [InlineData("own", "nginx", true)]
    [InlineData("own", "traefik", null)]
    [InlineData("nginx", "own", true)]
    [InlineData("traefik", "own", null)]
    [InlineData("traefik", "nginx", true)]
    public void The_name_of_an_unknown_class_shows_a_known_controller_or_none(string? field, string? annotation, bool? expected) => AssertServed(expected, field, annotation, ClusterState.Unknown);

    public static TheoryData<string?, string?> PairsOfClasses
    {
        get
        {
            string?[] named = [null, "web", "inner", "edge", "own", "agic", "nginx", "traefik", "azure/application-gateway", "azure-application-gateway", "missing"];
            var pairs = new TheoryData<string?, string?>();
            foreach (var one in named)
            {
                foreach (var other in named)
                    pairs.Add(one, other);
            }

            return pairs;
        }
    }

    [Theory, MemberData(nameof(PairsOfClasses))]
    public void Scopes_of_routes_meet_exactly_where_two_Ingresses_share_routes(string? one, string? other)
    {
        var state = ClusterState.Empty.With(
            Class("web", "k8s.io/ingress-nginx"), Class("inner", "k8s.io/internal-ingress-nginx"), Class("edge", "traefik.io/ingress-controller"), Class("own", "example.com/own"),
            Class("agic", "azure/application-gateway"));
        var (first, second) = (Ingress("one", one), Ingress("other", other));

        var meet = state.RouteScopesOf(first).Meets.Intersect(state.RouteScopesOf(second).Takes).Any();

        Assert.Equal(state.ShareRoutes(first, second), meet);

        static Ingress Ingress(string name, string? annotation) => (Ingress)Object(
            $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: {name}, namespace: shop{(annotation is null ? "" : $", annotations: {{kubernetes.io/ingress.class: {annotation}}}")}}}}}");
    }

    [Theory]
    [InlineData("kubernetes.io/ingress.class")]
    [InlineData("projectcontour.io/ingress.class")]
    [InlineData("haproxy.org/ingress.class")]
    [InlineData("ingress.class")]
    public void A_class_in_any_annotation_shares_routes_like_the_field(string annotation)
    {
        var both = (Ingress)Object($"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: a, annotations: {{{annotation}: edge}}}}, spec: {{ingressClassName: web}}}}");
        var edge = (Ingress)Object("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: b}, spec: {ingressClassName: edge}}");

        Assert.True(Present.ShareRoutes(both, edge));
        Assert.True(Present.ShareRoutes(edge, both));
        Assert.Contains(both, Present.With(both).RoutesOf(new(ResourceKind.IngressClass, null, "edge")));
    }

    [Fact]
    public void An_Ingress_without_a_class_has_the_default_class()
    {
        var edge = Object("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: edge, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}, spec: {controller: traefik.io/ingress-controller}}");

        AssertServed(false, field: null, annotation: null, ClusterState.Empty.With(edge));
    }

    [Theory]
    [InlineData("a", "b", "a,b")]
    [InlineData("a", "a", "a")]
    [InlineData("a", null, "a")]
    [InlineData(null, "b", "b")]
    [InlineData(null, null, "")]
    public void Finds_an_Ingress_by_each_of_its_classes_until_it_is_deleted(string? field, string? annotation, string expected)
    {
        var ingress = Ingress(field, annotation);
        string[] all = ["a", "b", ""];

        var state = ClusterState.Empty.With(ingress);
        var after = state.Without(ingress.Reference);

        Assert.Equal(expected, string.Join(',', all.SelectMany(name => Find(state, name).Select(_ => name))));
        Assert.Equal(expected.Split(','), all.Where(name => !Find(state, name).IsEmpty));
        Assert.All(all, name => Assert.Empty(Find(after, name)));

        static Entries<Route> Find(ClusterState state, string className) =>
            className.Length == 0 ? state.RoutesWithoutParent(ResourceKind.Ingress) : state.RoutesOf(new(ResourceKind.IngressClass, null, className));
    }

    private static void AssertServed(bool? expected, string? field, string? annotation, ClusterState state)
    {
        var ingress = Ingress(field, annotation);

        Assert.Equal(expected, state.CouldBeServedBy(IngressController.IngressNginx, ingress));
        Assert.Equal(expected is true, state.AliasesOf(ingress).Any());
    }

    private static Ingress Ingress(string? field, string? annotation) => (Ingress)Object(
        $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web, annotations: {nginx.ingress.kubernetes.io/server-alias: www.example.com, kubernetes.io/ingress.class: {{annotation ?? "~"}} } }
        spec: {ingressClassName: {{field ?? "~"}}, rules: [{host: shop.example.com}] }
        """);

    private static KubernetesObject Class(string name, string controller) =>
        Object($"{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: {name}}}, spec: {{controller: {controller}}}}}");
}
