using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// The API server allocates node ports before it asks, so a port of somebody's choice can be told only where none is allocated. Those that
/// the old object opened are passed over: they came about while it was allowed. One more of them is new, though the Service opened some before.
/// A type that opens none can hold numbers all the same, and opens them on the day that it changes: they are told in other words then, so that
/// the ratchet does not take one for the other.
/// </summary>
public sealed class ServiceNoNodePort() : ValidationRule<Service>(
    "service-no-node-port",
    "A Service opens no port on the nodes.",
    "A node port leads past Ingress, Gateway, TLS and every firewall in front of them, on every node. A LoadBalancer Service gets some too, unless it says otherwise.")
{
    private static readonly Parameter<bool> Type =
        Parameter.Flag("denyType", true, "Whether type NodePort is a violation.");

    private static readonly Parameter<bool> Explicit =
        Parameter.Flag("denyExplicitPorts", true, "Whether a nodePort is a violation that a LoadBalancer names although it lets none be allocated, or that a type holds which opens none.");

    private static readonly Parameter<bool> LoadBalancers =
        Parameter.Flag("denyLoadBalancerAllocation", true, "Whether a LoadBalancer that lets Kubernetes allocate node ports is a violation.");

    private static readonly Parameter<bool> HealthChecks =
        Parameter.Flag("denyHealthCheckPort", false, "Whether the port at which every node tells a load balancer about its pods (`externalTrafficPolicy: Local`) is a violation.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Type, Explicit, LoadBalancers, HealthChecks];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var opensAll = (service.Type == "NodePort" && context.Parameters.Get(Type)) || (IsAllocating(service) && context.Parameters.Get(LoadBalancers));
        if (opensAll && service.Type == "NodePort")
            yield return new(FieldPath.Spec / "type", "type NodePort opens the Service on every node", "Use ClusterIP behind an Ingress or a Gateway");
        else if (opensAll)
            yield return new(FieldPath.Spec / "allocateLoadBalancerNodePorts", "the LoadBalancer opens a node port for each of its ports", "Set it to false");

        var opened = context.Subject.OldObject is Service old && Opens(old) ? old.Ports : [];
        var known = opened.Select(port => port.NodePort).OfType<int>().ToHashSet();
        var isTold = opensAll ? known.Count > 0 : service.IsLoadBalancer && !IsAllocating(service) && context.Parameters.Get(Explicit);
        foreach (var port in service.Ports.Where(port => isTold && port.NodePort is { } number && !known.Contains(number)))
            yield return new(port.At / "nodePort", $"node port {port.NodePort} opens the Service on every node", "Remove it");

        foreach (var port in service.Ports.Where(port => port.NodePort is not null && !Opens(service) && context.Parameters.Get(Explicit)))
            yield return new(port.At / "nodePort", $"node port {port.NodePort} is held by type {service.Type}, which opens none until its type changes", "Remove it");

        if (service.HealthCheckNodePort is { } check && context.Parameters.Get(HealthChecks))
            yield return new(FieldPath.Spec / "healthCheckNodePort", $"port {check} is opened on every node for health checks", "Set externalTrafficPolicy: Cluster and remove it");
    }

    private static bool Opens(Service service) => service.Type is "NodePort" or "LoadBalancer";

    private static bool IsAllocating(Service service) => service.IsLoadBalancer && service.AllocateLoadBalancerNodePorts is not false;
}
