using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// The API server writes true into every LoadBalancer Service that says nothing, before admission, so on creation true counts
/// as absent. Who wants node ports names them; an existing Service keeps what it has.
/// </summary>
public sealed class ServiceNoLoadBalancerNodePorts() : MutationRule<Service>(
    "service-no-load-balancer-node-ports",
    "A new LoadBalancer Service gets no node ports.",
    "Most load balancers reach pods directly, and the node ports that Kubernetes opens for them anyway lead past every firewall in front of it.")
{
    private static readonly Parameter<ImmutableArray<string>> Classes =
        Parameter.TextList("loadBalancerClasses", "The loadBalancerClass values that need no node ports; empty for all Services, whatever their class.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Classes];

    /// <inheritdoc/>
    public override Operation Operations => Operation.Create;

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Service service, RuleContext context)
    {
        var classes = context.Parameters.Get(Classes);
        if (service.IsLoadBalancer
            && service.AllocateLoadBalancerNodePorts is not false
            && service.Ports.All(port => port.NodePort is null)
            && (classes.IsEmpty || classes.Contains(service.LoadBalancerClass ?? "")))
            yield return new(FieldPath.Spec / "allocateLoadBalancerNodePorts", JsonValue.Create(false));
    }
}
