using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Namespaces and load balancer classes both give permission; either is enough. An annotation that exposes a Service of any type needs permission for the
/// class of its controller.
/// </summary>
public sealed class ServiceLoadBalancerRestricted() : ValidationRule<Service>(
    "service-load-balancer-restricted",
    "Only namespaces that the policy allows have Services of type LoadBalancer.",
    "Each load balancer is one more way into the cluster, usually with a public address and a monthly bill.")
{
    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("namespaces", "Name patterns of namespaces that may have load balancers.");

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
                    $"exposing the Service through {known} is not allowed in namespace \"{service.Metadata.Namespace}\"",
                    "Remove the annotation");
            }
        }

        if (service.IsLoadBalancer && !classes.Contains(service.LoadBalancerClass ?? ""))
        {
            yield return new(
                FieldPath.Spec / "type",
                $"type LoadBalancer is not allowed in namespace \"{service.Metadata.Namespace}\"" + (service.LoadBalancerClass is { } own ? $" with class \"{own}\"" : ""),
                "Use type ClusterIP behind an Ingress or a Gateway" + (classes.IsEmpty ? "" : $", or loadBalancerClass {string.Join(" or ", classes)}"));
        }
    }
}
