using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Only for what becomes a load balancer: clouds replace an existing one to change this, with another address. Who says anything of it, were it that it is
/// public, is left alone.
/// </summary>
public sealed class ServiceInternalLoadBalancer() : MutationRule<Service>(
    "service-internal-load-balancer",
    "A new load balancer that says nothing of it gets an internal address.",
    "Most clouds make load balancers public unless they are told otherwise, so who forgets one annotation serves the internet.")
{
    private static readonly Parameter<CloudProvider> Provider =
        Parameter.RequiredChoice<CloudProvider>("cloud", "Whose load balancers they are; with Any nothing is filled in.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("publicNamespaces", "Name patterns of the namespaces whose load balancers are public.");

    private static readonly Parameter<ImmutableArray<string>> Classes =
        Parameter.TextList("loadBalancerClasses", "The loadBalancerClass values that the cloud serves; empty for all, and for those that name none.");

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
