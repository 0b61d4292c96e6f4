using System.Text;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class ObjectSizeTests
{
    [Fact]
    public void Denies_a_Service_with_more_ports_than_are_read_and_runs_no_other_rule()
    {
        var decision = PolicyEngine.Decide(Create(ServiceOf(50_000, "type: NodePort")), PolicyOf("object-size: {}", "service-no-node-port: {}"), ClusterState.Empty);

        Assert.Equal("spec.ports: must not have more than 250 ports. Split it into several objects. [object-size]", Assert.Single(decision.Findings).ToString());
    }

    [Fact]
    public void Keeps_an_object_up_to_its_bounds_and_counts_the_rest()
    {
        var service = (Service)Object(ServiceOf(50_000));
        var ingress = (Ingress)Object(IngressOf(hosts: 3_000, paths: 3));

        Assert.Equal((Bound.Ports.Most, 50_000), (service.Ports.Length, service.CountOf(Bound.Ports)));
        Assert.Equal((Bound.Hosts.Most, 3_000), (ingress.Rules.Length, ingress.CountOf(Bound.Hosts)));
        Assert.Equal((3_000, 3_000), (ingress.PathCount, ingress.CountOf(Bound.Paths)));
    }

    [Fact]
    public void Counts_the_paths_of_all_rules_together()
    {
        var ingress = (Ingress)Object(IngressOf(hosts: 100, paths: 100));

        Assert.Equal((Bound.Paths.Most, 10_000), (ingress.PathCount, ingress.CountOf(Bound.Paths)));
    }

    [Fact]
    public void Keeps_the_start_of_a_string_that_is_too_long()
    {
        var ingress = (Ingress)Object(IngressOf(hosts: 1, paths: 1).Replace("/0", "/" + new string('a', 100_000), StringComparison.Ordinal));

        Assert.Equal((Bound.TextBytes.Most, 100_001), (ingress.Paths.Single().Path!.Length, ingress.CountOf(Bound.TextBytes)));
    }

    [Fact]
    public void Allows_an_object_that_is_too_large_to_shrink_and_denies_growth()
    {
        var policies = PolicyOf("object-size: {parameters: {ports: 3}}");

        var shrinks = PolicyEngine.Decide(Update(ServiceOf(6), ServiceOf(5)), policies, ClusterState.Empty);
        var grows = PolicyEngine.Decide(Update(ServiceOf(5), ServiceOf(6)), policies, ClusterState.Empty);

        Assert.Equal(FindingStatus.Old, Assert.Single(shrinks.Findings).Status);
        Assert.False(grows.IsAllowed);
    }

    [Fact]
    public void Denies_a_spec_change_of_an_object_that_is_larger_than_the_webhook_reads()
    {
        var decision = PolicyEngine.Decide(Update(ServiceOf(5_000), ServiceOf(5_000, "type: NodePort")), PolicyOf("object-size: {}"), ClusterState.Empty);
        var labels = PolicyEngine.Decide(Update(ServiceOf(5_000), ServiceOf(5_000)) with { ChangesSpec = false }, PolicyOf("object-size: {}"), ClusterState.Empty);

        Assert.False(decision.IsAllowed);
        Assert.True(labels.IsAllowed);
    }

    [Fact]
    public void Reports_a_port_beyond_the_bound_as_unchecked()
    {
        const string Web = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: wide, port: {number: 4000}}}}}";

        var decision = PolicyEngine.Decide(Create(Web), PolicyOf("ingress-backend-port-exists: {}"), ClusterState.Empty.With(Object(ServiceOf(5_000))));

        Assert.Equal(FindingStatus.Unchecked, Assert.Single(decision.Findings).Status);
    }

    private static string ServiceOf(int ports, string type = "type: ClusterIP") =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: wide, namespace: shop}}, spec: {{{type}, ports: [{string.Join(',', Enumerable.Range(1, ports).Select(port => $"{{port: {port}}}"))}]}}}}";

    private static string IngressOf(int hosts, int paths)
    {
        var served = string.Join(',', Enumerable.Range(0, paths).Select(path => $"{{path: /{path}, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}"));
        var json = new StringBuilder("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: wide, namespace: shop}, spec: {rules: [");
        foreach (var host in Enumerable.Range(0, hosts))
            json.Append(host == 0 ? "" : ",").Append("{host: h").Append(host).Append(".example.com").Append(paths > 3 || host < 1000 ? $", http: {{paths: [{served}]}}" : "").Append('}');
        return json.Append("]}}").ToString();
    }
}
