using System.Globalization;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Runs only in audits: when a Service is created, its pods do not exist yet. The endpoints show what the selector matches, whether a controller or a person
/// writes them, so the rule reads no pods.
/// </summary>
public sealed class ServiceSelectorMatches() : ValidationRule<Service>(
    "service-selector-matches",
    "A Service that an Ingress uses has a ready pod.",
    "Without a ready pod the controller answers 503 to every request. Often a label changed on one side only, and nothing else shows it.",
    Enforcement.Warn)
{
    private static readonly Parameter<TimeSpan> Grace =
        Parameter.Duration("grace", "15m", "How long a Service may be without a ready pod.");

    /// <inheritdoc/>
    public override Operation Operations => Operation.None;

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Grace];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.EndpointSlice];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var users = context.Cluster.RoutesTo(service.Reference);
        if (service.IsExternalName || (users.IsEmpty && context.Cluster.Knows(ResourceKind.Ingress)))
            yield break;

        var at = FieldPath.Spec / "selector";
        if (!context.Cluster.Knows(ResourceKind.Ingress))
            yield return Violation.Unchecked(at, ResourceKind.Ingress);
        else if (!context.Cluster.Knows(ResourceKind.EndpointSlice) || !context.Cluster.HasEndpoints)
            yield return Violation.Unchecked(at, ResourceKind.EndpointSlice);
        else if (UnreadySince(service, context.Cluster) is { } since && context.Subject.Time - since > context.Parameters.Get(Grace))
            yield return Judge(at, users.MinBy(user => user.Reference.ToString(), StringComparer.Ordinal)!, since);
    }

    /// <summary>The time since which no pod is ready; null if a pod is ready or the time is unknown.</summary>
    private static DateTimeOffset? UnreadySince(Service service, ClusterState cluster)
    {
        DateTimeOffset? since = DateTimeOffset.TryParse(service.Metadata.CreationTimestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created) ? created : null;
        foreach (var slice in cluster.EndpointsOf(service.Reference))
        {
            if (slice.HasReady || slice.ChangedAt is null)
                return null;
            since = slice.ChangedAt > since ? slice.ChangedAt : since;
        }

        return since;
    }

    private static Violation Judge(FieldPath at, Route user, DateTimeOffset since) => new(
        at,
        $"no pod of this Service has been ready since {since.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}, but {user.Reference} uses it",
        "Compare the selector with the labels of the pods, and check whether the pods are ready")
    { RestsOn = [user.Reference] };
}
