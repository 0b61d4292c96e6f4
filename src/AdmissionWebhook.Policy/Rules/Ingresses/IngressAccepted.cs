using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>What a controller refuses is its own: the API server accepts it. Compares hosts with Ingresses of the same namespace; ingress-host-conflict compares with others.</summary>
public sealed class IngressAccepted() : ValidationRule<Ingress>(
    "ingress-accepted",
    "The controller of an Ingress accepts it.",
    "A controller that refuses an Ingress serves none of it, and tells so only in an event or in its log.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var (controller, doubt) = ServingController.Of(ingress, context.Cluster);
        return doubt is not null ? [doubt] : controller is null ? [] : Refusal.Of(controller, ingress, context.Cluster).Select(Judge);
    }

    // A missing master may come a moment later, and no live read of one object can confirm that there is none.
    private static Violation Judge(Refusal refusal) => new(refusal.Field, refusal.Message, refusal.Remedy)
    {
        RestsOn = refusal.Other is { } other ? [other.Reference] : [],
        IsAdvice = refusal.DependsOnAbsence,
    };
}
