using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

/// <summary>What the state tells of Services.</summary>
public sealed class IndexTests
{
    private static readonly ObjectReference Web = new(ResourceKind.Service, "default", "web");

    [Fact]
    public void Finds_load_balancers_by_namespace_until_they_change_type()
    {
        var state = ClusterState.Empty.With(Service("web", "type: LoadBalancer"), Service("api", "type: LoadBalancer"), Service("db", "type: ClusterIP"));

        Assert.Equal(["api", "web"], Names(state.LoadBalancersIn("default")));
        Assert.Equal(["api"], Names(state.With(Service("web", "type: ClusterIP")).LoadBalancersIn("default")));
        Assert.Equal(["web"], Names(state.Without(Web with { Name = "api" }).LoadBalancersIn("default")));
        Assert.Empty(state.LoadBalancersIn("other"));
        Assert.Empty(state.WithAll(ResourceKind.Service, []).LoadBalancersIn("default"));
    }

    [Fact]
    public void Keeps_only_the_last_of_two_Services_with_one_name()
    {
        var state = ClusterState.Empty.WithAll(ResourceKind.Service, [Service("web", "type: LoadBalancer"), Service("web", "type: LoadBalancer"), Service("api", "type: LoadBalancer"), Service("api", "type: ClusterIP")]);

        Assert.Equal(["web"], Names(state.LoadBalancersIn("default")));
        Assert.Empty(state.Without(Web).LoadBalancersIn("default"));
    }

    [Fact]
    public void Finds_Services_by_each_label_of_their_selectors()
    {
        var state = ClusterState.Empty.With(Service("web", "selector: {app: shop, tier: web}"), Service("api", "selector: {app: shop}"), Service("none", "selector: {}"));

        Assert.Equal(["api", "web"], Names(state.ServicesSelecting("default", "app", "shop")));
        Assert.Equal(["web"], Names(state.ServicesSelecting("default", "tier", "web")));
        Assert.Equal(["api"], Names(state.With(Service("web", "selector: {app: other}")).ServicesSelecting("default", "app", "shop")));
        Assert.Empty(state.ServicesSelecting("other", "app", "shop"));
    }

    [Fact]
    public void Cost_per_Service_does_not_grow_with_Services_for_the_same_DNS_names()
    {
        var services = Enumerable.Range(0, 2_000).Select(i => Object(
            $"{{apiVersion: v1, kind: Service, metadata: {{name: s{i}, annotations: {{external-dns.alpha.kubernetes.io/hostname: '{string.Join(',', Enumerable.Range(0, 20).Select(n => $"n{n}.example.com"))}'}}}}}}")).ToList();
        var (few, many) = (CostOf(services.Take(500)), CostOf(services));

        Assert.True(many <= few * 4 * 1.5, $"500 took {few:N0} bytes, 2,000 {many:N0}");

        static long CostOf(IEnumerable<KubernetesObject> some) => Rules.ThreadCost.Of(() => ClusterState.Empty.With(some)).Bytes;
    }

    [Fact]
    public void Finds_names_of_external_dns_as_DNS_compares_them()
    {
        var named = Object("{apiVersion: v1, kind: Service, metadata: {name: web, annotations: {external-dns.alpha.kubernetes.io/hostname: 'A.example.com., b.example.com,,A.example.com'}}}");
        var state = ClusterState.Empty.With(named);

        Assert.Single(state.ObjectsNamed(Host.Parse("a.example.com")));
        Assert.Single(state.ObjectsNamed(Host.Parse("b.example.com")));
        Assert.Empty(state.Without(Web).ObjectsNamed(Host.Parse("a.example.com")));
    }

    [Fact]
    public void Keeps_the_Service_and_the_readiness_of_an_endpoint_slice()
    {
        var slice = Slice("[{conditions: {ready: false}}, {conditions: {}}]");

        Assert.Equal((Web, true), (slice.Service, slice.HasReady));
        Assert.False(Slice("[{conditions: {ready: false, serving: true}}]").HasReady);
        Assert.False(Slice("[]").HasReady);
        Assert.Equal(DateTimeOffset.Parse("2026-02-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture), slice.ChangedAt);
        Assert.Same(slice, Assert.Single(ClusterState.Empty.With(slice).EndpointsOf(Web)));
    }

    [Fact]
    public void A_change_of_only_addresses_does_not_change_the_state()
    {
        var state = ClusterState.Empty.With(Slice("[{addresses: [10.0.0.1]}]"));

        Assert.Same(state, state.With(Slice("[{addresses: [10.0.0.2]}]")));
        Assert.False(Assert.Single(state.With(Slice("[]")).EndpointsOf(Web)).HasReady);
        Assert.Empty(state.Without(new(ResourceKind.EndpointSlice, "default", "web-a")).EndpointsOf(Web));
    }

    private static IEnumerable<string> Names(IEnumerable<KubernetesObject> objects) => objects.Select(each => each.Metadata.Name).Order();

    private static KubernetesObject Service(string name, string spec) => Object($"{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{{spec}}}}}");

    private static EndpointSlice Slice(string endpoints) => (EndpointSlice)Object(
        $$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: web-a
          labels: {kubernetes.io/service-name: web}
          creationTimestamp: "2026-01-01T00:00:00Z"
          managedFields: [{time: "2026-02-01T00:00:00Z"}, {time: "2026-01-15T00:00:00Z"}]
        endpoints: {{endpoints}}
        """);
}
