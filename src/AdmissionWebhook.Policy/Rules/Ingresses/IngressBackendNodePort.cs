using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// A warning at most if settings that nobody sees decide: flags of the controller, parameters of the class, the network of the cluster.
/// </summary>
public sealed class IngressBackendNodePort() : ValidationRule<Ingress>(
    "ingress-backend-node-port",
    "If the controller of an Ingress sends requests to nodes, every Service backend has a node port.",
    "Without a node port the controller creates no load balancer, or changes none. The AWS Load Balancer Controller and GKE Ingress use node ports by default.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var cluster = context.Cluster;
        if (cluster.ControllerOf(ingress) is not { NodePorts: { } targets } controller || cluster.ClassOf(ingress).Name is not { } className)
            yield break;

        var named = cluster.Find<IngressClass>(null, className);
        if (named.Found is { } known && !targets.Controllers.Contains(known.Controller ?? ""))
            yield break;

        var isCertain = named.Found is { HasParameters: false };
        var usesNodes = new Dictionary<Service, bool?>();
        foreach (var (backend, service) in context.Lookups.BackendsOf(ingress))
        {
            if (service.Found is not { IsExternalName: false } found || cluster.IsAction(ingress, backend))
                continue;
            if (found.FindTcpPort(backend.Port) is not { } port || HasNodePort(found, port))
                continue;

            if (!usesNodes.TryGetValue(found, out var uses))
                usesNodes[found] = uses = targets.UsesNodes(found.Metadata.Annotations, ingress.Metadata.Annotations);
            if (uses is false)
                continue;

            yield return new(
                backend.Field / "service" / "name",
                $"Service \"{found.Metadata.Name}\" of type {found.Type} has no node port, and {controller} sends requests to nodes",
                $"Set {targets.Advice}, or use type NodePort")
            {
                IsAdvice = !isCertain || uses is null,
                RestsOn = [service.Reference, named.Reference],
            };
        }
    }

    /// <summary>The API server allocates a node port for each port, unless the Service forbids it.</summary>
    private static bool HasNodePort(Service service, ServicePort port) =>
        service.Type == "NodePort" || (service.IsLoadBalancer && (service.AllocateLoadBalancerNodePorts is not false || port.NodePort is not null));
}
