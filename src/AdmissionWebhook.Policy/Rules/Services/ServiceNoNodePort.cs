using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// The API server allocates node ports before it asks, so a port of somebody's choice can be told only where none is allocated. Those that
/// the old object had are passed over: they came about while it was allowed.
/// </summary>
public sealed class ServiceNoNodePort() : ValidationRule<Service>(
    "service-no-node-port",
    "A Service opens no port on the nodes.",
    "A node port leads past Ingress, Gateway, TLS and every firewall in front of them, on every node. A LoadBalancer Service gets some too, unless it says otherwise.")
{
    private static readonly Parameter<bool> Type =
        Parameter.Flag("denyType", true, "Whether type NodePort is a violation.");

    private static readonly Parameter<bool> Explicit =
        Parameter.Flag("denyExplicitPorts", true, "Whether a nodePort that a LoadBalancer names, although it lets none be allocated, is a violation.");

    private static readonly Parameter<bool> LoadBalancers =
        Parameter.Flag("denyLoadBalancerAllocation", true, "Whether a LoadBalancer that lets Kubernetes allocate node ports is a violation.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Type, Explicit, LoadBalancers];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (service.Type == "NodePort" && context.Parameters.Get(Type))
            yield return new(FieldPath.Spec / "type", "type NodePort opens the Service on every node", "Use ClusterIP behind an Ingress or a Gateway");

        if (service.IsLoadBalancer && service.AllocateLoadBalancerNodePorts is not false && context.Parameters.Get(LoadBalancers))
            yield return new(FieldPath.Spec / "allocateLoadBalancerNodePorts", "the LoadBalancer opens a node port for each of its ports", "Set it to false");

        if (!service.IsLoadBalancer || service.AllocateLoadBalancerNodePorts is not false || !context.Parameters.Get(Explicit))
            yield break;

        var known = (context.Subject.OldObject as Service)?.Ports.Select(port => port.NodePort).ToHashSet() ?? [];
        foreach (var port in service.Ports.Where(port => port.NodePort is not null && !known.Contains(port.NodePort)))
            yield return new(port.At / "nodePort", $"node port {port.NodePort} opens the Service on every node", "Remove it");
    }
}
