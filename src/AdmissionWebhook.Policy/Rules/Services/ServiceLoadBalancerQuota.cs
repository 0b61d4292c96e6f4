using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// The oldest Services keep their load balancers. A new one counts after all existing ones; among stored Services the youngest exceed the quota. A Service
/// that is being deleted does not count; otherwise a load balancer could not be replaced while its cloud takes minutes to release it.
/// </summary>
public sealed class ServiceLoadBalancerQuota() : ValidationRule<Service>(
    "service-load-balancer-quota",
    "A namespace has no more Services of type LoadBalancer than the policy allows.",
    "Each one is a machine or an address that costs money by the hour. Clouds have limits, and one namespace can use them up for all.")
{
    private static readonly Parameter<int> Most =
        Parameter.Number("max", 2, "How many load balancers a namespace may have.");

    private static readonly Parameter<ByNamespace<int>> Namespaces =
        Parameter.NumberByNamespace("namespaces", "Other limits for namespaces, by name pattern. The longest pattern that matches wins.");

    private static readonly Parameter<ByNamespace<int>> Classes =
        Parameter.NumberByNamespace("loadBalancerClasses", "How many load balancers of one loadBalancerClass a namespace may have, by pattern of the class name.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Most, Namespaces, Classes];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (!service.IsLoadBalancer)
            yield break;

        var @namespace = service.Metadata.Namespace;
        var (old, isStored) = (context.Subject.OldObject as Service, context.Subject.IsAudit);
        var most = Pick(context.Parameters.Get(Namespaces).For(@namespace)) ?? context.Parameters.Get(Most);
        var before = Before(service, isNew: !isStored && old is not { IsLoadBalancer: true }, _ => true, context.Cluster);
        if (before.Count >= most)
            yield return Judge(FieldPath.Spec / "type", $"namespace \"{@namespace}\" must not have more than {Count(most, "load balancer")}", before);

        if (service.LoadBalancerClass is { } name && Pick(context.Parameters.Get(Classes).For(name)) is { } mostOfClass)
        {
            var isNew = !isStored && (old is not { IsLoadBalancer: true } || old.LoadBalancerClass != name);
            var alike = Before(service, isNew, other => other.LoadBalancerClass == name, context.Cluster);
            if (alike.Count >= mostOfClass)
                yield return Judge(FieldPath.Spec / "loadBalancerClass", $"namespace \"{@namespace}\" must not have more than {Count(mostOfClass, "load balancer")} of class \"{name}\"", alike);
        }

        if (!context.Cluster.Knows(ResourceKind.Service))
            yield return Violation.Unchecked(FieldPath.Spec / "type", ResourceKind.Service);
    }

    private static int? Pick(IEnumerable<int> numbers) => numbers.Select(number => (int?)number).FirstOrDefault();

    private static List<Service> Before(Service service, bool isNew, Func<Service, bool> counts, ClusterState cluster) =>
    [
        .. from other in cluster.LoadBalancersIn(service.Metadata.Namespace)
           where other.Reference != service.Reference && !other.Metadata.IsBeingDeleted && counts(other)
           where isNew || AgeOf(other).CompareTo(AgeOf(service)) < 0
           orderby other.Metadata.Name
           select other,
    ];

    /// <summary>A Service that the API server has not stored yet is the youngest. Names decide between Services of the same second.</summary>
    private static (string Created, string Name) AgeOf(Service service) => (service.Metadata.CreationTimestamp ?? "9999", service.Metadata.Name);

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static Violation Judge(FieldPath at, string quota, List<Service> before) => new(
        at,
        $"{quota}{(before.Count == 0 ? "" : $"; it already has {string.Join(", ", before.Take(3).Select(other => other.Metadata.Name))}{(before.Count > 3 ? " and more" : "")}")}",
        "Use type ClusterIP behind an Ingress or a Gateway")
    { RestsOn = [.. before.Select(other => other.Reference)] };
}
