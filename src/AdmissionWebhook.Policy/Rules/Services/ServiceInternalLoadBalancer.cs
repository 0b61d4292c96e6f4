using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Applies only when a Service becomes a load balancer: to change an existing one, clouds replace it, and its address changes. A Service that already
/// states internal or public is not changed.
/// </summary>
public sealed class ServiceInternalLoadBalancer() : MutationRule<Service>(
    "service-internal-load-balancer",
    "A new load balancer that does not state internal or public gets an internal address.",
    "Most clouds make load balancers public by default. Without one annotation the Service is open to the internet.")
{
    private static readonly Parameter<CloudProvider> Provider =
        Parameter.RequiredChoice<CloudProvider>("cloud", "The cloud that provides the load balancers. With Any, nothing is filled in.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("publicNamespaces", "Name patterns of namespaces whose load balancers are public.");

    private static readonly Parameter<ImmutableArray<string>> Classes =
        Parameter.TextList("loadBalancerClasses", "The loadBalancerClass values that the cloud serves. If empty, all values and Services without a class.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Provider, Namespaces, Classes];

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Service service, RuleContext context)
    {
        if (!service.IsLoadBalancer
            || context.Subject.OldObject is Service { IsLoadBalancer: true }
            || NamePattern.MatchesAny(context.Parameters.Get(Namespaces), service.Metadata.Namespace ?? "")
            || (context.Parameters.Get(Classes) is { IsEmpty: false } classes && !classes.Contains(service.LoadBalancerClass ?? "")))
            return [];

        return from cloud in Cloud.All
               where cloud.Provider == context.Parameters.Get(Provider) && !cloud.IsTold(service)
               from mark in cloud.Internals
               select new PatchOperation(FieldPath.Metadata / "annotations" / mark.Key, JsonValue.Create(mark.Value));
    }
}
