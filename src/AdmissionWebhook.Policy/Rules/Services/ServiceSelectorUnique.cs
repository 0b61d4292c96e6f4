using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// If one selector contains the other, the shorter one selects at least the same pods. A Service without a selector selects nothing.
/// Candidates share a label of the selector, so the rule does not visit the other Services of the namespace.
/// </summary>
public sealed class ServiceSelectorUnique() : ValidationRule<Service>(
    "service-selector-unique",
    "No two Services of a namespace select the same pods.",
    "By accident, requests for one application reach pods of another. Some charts do it on purpose, for a headless Service or for metrics.",
    Enforcement.Warn)
{
    private static readonly Parameter<bool> Headless =
        Parameter.Flag("headless", false, "Whether to report a headless Service and one with an address that select the same pods, as for every StatefulSet.");

    private static readonly Parameter<bool> SameTargets =
        Parameter.Flag("sameTargetsOnly", false, "Whether Services may select the same pods if they use different ports of them.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Headless, SameTargets];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (service.Selector.IsEmpty || service.IsExternalName)
            yield break;

        // A Service that shares several labels is a candidate several times, but is validated once.
        var seen = new HashSet<Service>();
        var targets = context.Parameters.Get(SameTargets) ? service.Ports.Select(TargetOf).ToHashSet() : null;
        foreach (var (key, value) in service.Selector)
        {
            foreach (var other in context.Cluster.ServicesSelecting(service.Metadata.Namespace, key, value))
            {
                if (seen.Add(other) && Collide(service, other, context.Parameters) && targets?.Overlaps(other.Ports.Select(TargetOf)) is not false)
                    yield return Judge(service, other);
            }
        }

        if (!context.Cluster.Knows(ResourceKind.Service))
            yield return Violation.Unchecked(FieldPath.Spec / "selector", ResourceKind.Service);
    }

    private static bool Collide(Service service, Service other, ParameterValues parameters) =>
        other.Reference != service.Reference
        && !other.IsExternalName
        && !other.Metadata.IsBeingDeleted
        && (service.Selector.IsWithin(other.Selector) || other.Selector.IsWithin(service.Selector))
        && (service.IsHeadless == other.IsHeadless || parameters.Get(Headless));

    private static (PortReference Port, string Protocol) TargetOf(ServicePort port) => (port.TargetPort ?? new(port.Port, null), port.Protocol);

    private static Violation Judge(Service service, Service other)
    {
        var (covers, isCovered) = (service.Selector.IsWithin(other.Selector), other.Selector.IsWithin(service.Selector));
        return new(
            FieldPath.Spec / "selector",
            $"must not select {(covers && isCovered ? "the same pods as" : covers ? "all pods of" : "some pods of")} {other.Reference}",
            "Add a label that only the pods of this Service have")
        { RestsOn = [other.Reference] };
    }
}
