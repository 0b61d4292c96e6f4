using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Namespaces and load balancer classes both give leave; either is enough. An annotation that opens a Service of any type needs the leave of its
/// controller's class.
/// </summary>
public sealed class ServiceLoadBalancerRestricted() : ValidationRule<Service>(
    "service-load-balancer-restricted",
    "Only the namespaces that may have load balancers have Services of type LoadBalancer.",
    "Each one is a way into the cluster of its own, usually with a public address and a monthly bill.")
{
    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("namespaces", "Name patterns of the namespaces that may have load balancers.");

    private static readonly Parameter<ImmutableArray<string>> Classes =
        Parameter.TextList("loadBalancerClasses", "The loadBalancerClass values that every namespace may use.");

    private static readonly ImmutableArray<IngressController> Exposing = [.. IngressController.All.Where(known => known.ExposesServices is not null)];

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Namespaces, Classes];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var classes = context.Parameters.Get(Classes);
        if (NamePattern.MatchesAny(context.Parameters.Get(Namespaces), service.Metadata.Namespace ?? ""))
            yield break;

        foreach (var known in Exposing)
        {
            if (service.Metadata.Annotations[known.ExposesServices!] == "true" && !known.HasClass(classes))
            {
                yield return new(
                    HostAlias.FieldOf(known.ExposesServices!),
                    $"opening a Service to the network of {known} is not allowed in namespace \"{service.Metadata.Namespace}\"",
                    "Remove it");
            }
        }

        if (service.IsLoadBalancer && !classes.Contains(service.LoadBalancerClass ?? ""))
        {
            yield return new(
                FieldPath.Spec / "type",
                $"a LoadBalancer may not be had in namespace {service.Metadata.Namespace}" + (service.LoadBalancerClass is { } own ? $" with class {own}" : ""),
                "Use ClusterIP behind an Ingress or a Gateway" + (classes.IsEmpty ? "" : $", or loadBalancerClass {string.Join(" or ", classes)}"));
        }
    }
}
