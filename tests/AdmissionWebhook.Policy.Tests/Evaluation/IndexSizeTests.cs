using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

/// <summary>What nobody looks up any more leaves the indexes, which a webhook that runs for months would notice and no answer.</summary>
public sealed class IndexSizeTests
{
    private const int Names = 5;

    [Fact]
    public void The_indexes_match_the_objects_after_any_changes()
    {
        var state = ClusterState.Empty;
        for (var i = 0; i < 60; i++)
        {
            var objects = ObjectsOf(i);
            state = i % 3 == 0 ? state.With(objects) : objects.Aggregate(state, (before, changed) => before.With(changed));
            if (i % 2 == 0)
                state = objects.Aggregate(state, (before, gone) => before.Without(gone.Reference));
        }

        var sizes = SizesOf(state);
        Assert.All(sizes, size => Assert.True(size > 0, "An index holds nothing, so that it could not have grown."));
        Assert.Equal(SizesOf(ClusterState.Empty.With(state.Objects)), sizes);
    }

    [Fact]
    public void The_indexes_are_empty_when_all_objects_are_deleted()
    {
        var full = Enumerable.Range(0, Names * 2).Aggregate(ClusterState.Empty, (state, i) => state.With(ObjectsOf(i)));

        var emptied = full.Objects.Aggregate(full, (state, gone) => state.Without(gone.Reference));
        var replaced = ResourceKind.All.Aggregate(full, (state, kind) => state.WithAll(kind, []));

        Assert.All([.. SizesOf(emptied), .. SizesOf(replaced)], size => Assert.Equal(0, size));
    }

    /// <summary>One of each kind that is indexed, with names that recur and everything else new each time.</summary>
    private static List<KubernetesObject> ObjectsOf(int i) =>
    [
        .. All($$"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web-{{i % Names}}, annotations: {kubernetes.io/ingress.class: other-{{i}}, external-dns.alpha.kubernetes.io/hostname: dns-{{i}}.example.com, cert-manager.io/issuer: inner} }
            spec:
              ingressClassName: class-{{i}}
              tls: [{hosts: [www.example-{{i}}.com], secretName: tls-{{i}}}, {hosts: [b.example.com], secretName: shared}]
              rules:
              - {host: www.example-{{i}}.com, http: {paths: [{backend: {service: {name: web-{{i}}, port: {number: 80} } } }]} }
              - {host: "*.wild-{{i}}.example.com", http: {paths: [{backend: {service: {name: shared, port: {number: 80} } } }]} }
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: classless-{{i % Names}} }
            spec: {defaultBackend: {service: {name: web-{{i}}, port: {number: 80} } } }
            ---
            apiVersion: networking.k8s.io/v1
            kind: IngressClass
            metadata: {name: class-{{i % Names}}, annotations: {ingressclass.kubernetes.io/is-default-class: "true"} }
            spec: {controller: example.com/{{i}} }
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web-{{i % Names}}, namespace: space-{{i % Names}}, annotations: {external-dns.alpha.kubernetes.io/hostname: "a-{{i}}.example.com,b.example.com"} }
            spec: {type: LoadBalancer, selector: {app: web-{{i}}, tier: front} }
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-{{i % Names}}, labels: {kubernetes.io/service-name: web-{{i}} } }
            endpoints: [{}]
            """),
    ];

    private static ImmutableArray<int> SizesOf(ClusterState state) => [state.Count, .. state.CountKeys()];
}
