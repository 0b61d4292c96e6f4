using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Before admission, the API server writes true into every LoadBalancer Service that omits the field, so on creation true counts
/// as absent. An author who wants node ports names them. An existing Service is not changed.
/// </summary>
public sealed class ServiceDefaultNoNodePorts() : MutationRule<Service>(
    "service-default-no-node-ports",
    "A new LoadBalancer Service gets no node ports.",
    "Most load balancers reach pods directly. Kubernetes opens node ports for them anyway, and these bypass every firewall in front of the load balancer.")
{
    private static readonly Parameter<ImmutableArray<string>> Classes =
        Parameter.TextList("loadBalancerClasses", "The loadBalancerClass values that need no node ports. If empty, all Services of any class.");

    private static readonly Parameter<CloudProvider> Provider =
        Parameter.Choice("cloud", CloudProvider.Any, "The cloud of the cluster. A Service whose load balancer reaches pods through node ports is not changed.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Classes, Provider];

    /// <inheritdoc/>
    public override Operation Operations => Operation.Create;

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Service service, RuleContext context)
    {
        var classes = context.Parameters.Get(Classes);
        if (service.IsLoadBalancer
            && service.AllocateLoadBalancerNodePorts is not false
            && service.Ports.All(port => port.NodePort is null)
            && (classes.IsEmpty ? !Cloud.NeedsNodePorts(context.Parameters.Get(Provider), service) : classes.Contains(service.LoadBalancerClass ?? "")))
            yield return new(FieldPath.Spec / "allocateLoadBalancerNodePorts", JsonValue.Create(false));
    }
}
