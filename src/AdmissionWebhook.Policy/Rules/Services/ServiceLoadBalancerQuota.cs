using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Who came first keeps a load balancer. A new one comes after all that are there; among those that are stored the younger ones are too many. What is
/// being deleted counts no more, or a load balancer could not be replaced while its cloud takes minutes to let it go.
/// </summary>
public sealed class ServiceLoadBalancerQuota() : ValidationRule<Service>(
    "service-load-balancer-quota",
    "A namespace has no more Services of type LoadBalancer than it may.",
    "Each one is a machine or an address that somebody pays for by the hour, and clouds have limits that one namespace can use up for all.")
{
    private static readonly Parameter<int> Most =
        Parameter.Number("max", 2, "How many a namespace may have.");

    private static readonly Parameter<ByNamespace<int>> Namespaces =
        Parameter.NumberByNamespace("namespaces", "Other numbers, for namespaces by name pattern; the longest pattern that fits counts.");

    private static readonly Parameter<ByNamespace<int>> Classes =
        Parameter.NumberByNamespace("loadBalancerClasses", "How many of one loadBalancerClass a namespace may have, by pattern of the class's name.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Most, Namespaces, Classes];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (!service.IsLoadBalancer)
            yield break;

        var space = service.Metadata.Namespace;
        var (old, isStored) = (context.Subject.OldObject as Service, context.Subject.IsAudit);
        var most = Pick(context.Parameters.Get(Namespaces).For(space)) ?? context.Parameters.Get(Most);
        var before = Before(service, isNew: !isStored && old is not { IsLoadBalancer: true }, _ => true, context.Cluster);
        if (before.Count >= most)
            yield return Judge(FieldPath.Spec / "type", $"namespace {space} may have {Count(most, "load balancer")}", before);

        if (service.LoadBalancerClass is { } name && Pick(context.Parameters.Get(Classes).For(name)) is { } mostOfClass)
        {
            var isNew = !isStored && (old is not { IsLoadBalancer: true } || old.LoadBalancerClass != name);
            var alike = Before(service, isNew, other => other.LoadBalancerClass == name, context.Cluster);
            if (alike.Count >= mostOfClass)
                yield return Judge(FieldPath.Spec / "loadBalancerClass", $"namespace {space} may have {Count(mostOfClass, "load balancer")} of class {name}", alike);
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

    /// <summary>What the API server has not stored yet is the youngest. The names settle what came in the same second.</summary>
    private static (string Created, string Name) AgeOf(Service service) => (service.Metadata.CreationTimestamp ?? "9999", service.Metadata.Name);

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static Violation Judge(FieldPath at, string quota, List<Service> before) => new(
        at,
        $"{quota}, and {(before.Count == 0 ? "this would be one" : $"has {string.Join(", ", before.Take(3).Select(other => other.Metadata.Name))}{(before.Count > 3 ? " and more" : "")} already")}",
        "Use ClusterIP behind an Ingress or a Gateway")
    { RestsOn = [.. before.Select(other => other.Reference)] };
}
