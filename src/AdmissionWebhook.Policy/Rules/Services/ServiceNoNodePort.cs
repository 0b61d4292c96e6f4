using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// The API server allocates node ports before admission, so the rule can report a chosen port only where none is allocated. It skips ports that
/// the old object already opened. A further port is a new violation, even if the Service opened others before.
/// A type that opens no node ports can still hold numbers, and opens them when the type changes. Their message has different words, so that
/// the ratchet does not confuse the two.
/// </summary>
public sealed class ServiceNoNodePort() : ValidationRule<Service>(
    "service-no-node-port",
    "A Service opens no port on the nodes.",
    "A node port bypasses Ingress, Gateway, TLS and every firewall in front of them, on every node. A LoadBalancer Service gets node ports too, unless it disables them.")
{
    private static readonly Parameter<bool> Type =
        Parameter.Flag("denyType", true, "Whether type NodePort is reported.");

    private static readonly Parameter<bool> Explicit =
        Parameter.Flag("denyExplicitPorts", true, "Whether to report a nodePort that a LoadBalancer Service sets although it disables allocation, or that a Service holds whose type opens none.");

    private static readonly Parameter<bool> LoadBalancers =
        Parameter.Flag("denyLoadBalancerAllocation", true, "Whether to report a LoadBalancer Service that lets Kubernetes allocate node ports.");

    private static readonly Parameter<bool> HealthChecks =
        Parameter.Flag("denyHealthCheckPort", false, "Whether to report the port for health checks that every node opens (`externalTrafficPolicy: Local`).");

    private static readonly Parameter<CloudProvider> Provider =
        Parameter.Choice("cloud", CloudProvider.Any, "The cloud of the cluster. LoadBalancer Services whose load balancer reaches pods through node ports keep them.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Type, Explicit, LoadBalancers, HealthChecks, Provider];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var opensAll = (service.Type == "NodePort" && context.Parameters.Get(Type)) || (IsAllocating(service) && context.Parameters.Get(LoadBalancers) && !Cloud.NeedsNodePorts(context.Parameters.Get(Provider), service));
        if (opensAll && service.Type == "NodePort")
            yield return new(
                FieldPath.Spec / "type",
                "type NodePort is not allowed, because it opens the Service on every node",
                Remedy("Use type ClusterIP behind an Ingress or a Gateway", "use type ClusterIP", service, context.Cluster));
        else if (opensAll)
            yield return new(
                FieldPath.Spec / "allocateLoadBalancerNodePorts",
                "must be false; otherwise the LoadBalancer Service opens a node port for each port",
                Remedy("Set it to false", "set this to false", service, context.Cluster));

        var opened = context.Subject.OldObject is Service old && Opens(old) ? old.Ports : [];
        var known = opened.Select(port => port.NodePort).OfType<int>().ToHashSet();
        var isTold = opensAll ? known.Count > 0 : service.IsLoadBalancer && !IsAllocating(service) && context.Parameters.Get(Explicit);
        foreach (var port in service.Ports.Where(port => isTold && port.NodePort is { } number && !known.Contains(number)))
            yield return new(port.At / "nodePort", $"node port {port.NodePort} is not allowed, because it opens the Service on every node", "Remove it");

        foreach (var port in service.Ports.Where(port => port.NodePort is not null && !Opens(service) && context.Parameters.Get(Explicit)))
            yield return new(port.At / "nodePort", $"node port {port.NodePort} must not be set for type {service.Type}; a change of the type would open it", "Remove it");

        if (service.HealthCheckNodePort is { } check && context.Parameters.Get(HealthChecks))
            yield return new(FieldPath.Spec / "healthCheckNodePort", $"health check port {check} is not allowed, because every node opens it", "Set externalTrafficPolicy: Cluster and remove it");
    }

    /// <summary>If a controller sends requests to the node ports, the fix begins with that controller.</summary>
    private static string Remedy(string usual, string last, Service service, ClusterState cluster)
    {
        var targets = cluster.RoutesTo(service.Reference).OfType<Ingress>().Select(TargetsOf).OfType<NodePortTargets>().MinBy(known => known.Annotation);
        return targets is null ? usual : $"Set {targets.Advice}, then {last}";

        NodePortTargets? TargetsOf(Ingress ingress) =>
            cluster.ControllerOf(ingress)?.NodePorts is { } known && known.UsesNodes(service.Metadata.Annotations, ingress.Metadata.Annotations) is not false
                ? known
                : null;
    }

    private static bool Opens(Service service) => service.Type is "NodePort" or "LoadBalancer";

    private static bool IsAllocating(Service service) => service.IsLoadBalancer && service.AllocateLoadBalancerNodePorts is not false;
}
