using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// The API server allocates node ports before it asks, so a port of somebody's choice can be told only where none is allocated. Those that
/// the old object had are passed over: they came about while it was allowed. One more of them is new, though the Service opened some before.
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
        var opensAll = (service.Type == "NodePort" && context.Parameters.Get(Type)) || (IsAllocating(service) && context.Parameters.Get(LoadBalancers));
        if (opensAll && service.Type == "NodePort")
            yield return new(FieldPath.Spec / "type", "type NodePort opens the Service on every node", "Use ClusterIP behind an Ingress or a Gateway");
        else if (opensAll)
            yield return new(FieldPath.Spec / "allocateLoadBalancerNodePorts", "the LoadBalancer opens a node port for each of its ports", "Set it to false");

        var known = (context.Subject.OldObject as Service)?.Ports.Select(port => port.NodePort).OfType<int>().ToHashSet() ?? [];
        var isTold = opensAll ? known.Count > 0 : service.IsLoadBalancer && !IsAllocating(service) && context.Parameters.Get(Explicit);
        foreach (var port in service.Ports.Where(port => isTold && port.NodePort is { } number && !known.Contains(number)))
            yield return new(port.At / "nodePort", $"node port {port.NodePort} opens the Service on every node", "Remove it");
    }

    private static bool IsAllocating(Service service) => service.IsLoadBalancer && service.AllocateLoadBalancerNodePorts is not false;
}
