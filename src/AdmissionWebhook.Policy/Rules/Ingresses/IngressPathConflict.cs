using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Compares with other Ingresses of the namespace. Rule ingress-host-conflict compares with other namespaces, and ingress-path-overlap inside one Ingress.
/// Every path is below <c>/</c>, on purpose, so <c>/</c> is not reported. Of a Prefix and an Exact path each gets requests, in one Ingress and in two.
/// </summary>
public sealed class IngressPathConflict() : ValidationRule<Ingress>(
    "ingress-path-conflict",
    "No two Ingresses of a namespace take the same requests, except a canary and its main Ingress.",
    "Only one of the two Ingresses gets the requests, and people search for the error in the other one. A canary without a main Ingress gets no requests.",
    Enforcement.Warn)
{
    private static readonly Parameter<bool> Same = Parameter.Flag(
        "samePath", true, "Whether to report the same path in two Ingresses. Set it to false if ingress-host-conflict compares Ingresses.");

    private static readonly Parameter<bool> Nested = Parameter.Flag("nestedPaths", true, "Whether to report a Prefix path below a Prefix path of another Ingress, at most as a warning.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Same, Nested];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass, ResourceKind.Service];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        !ingress.IsCanary && context.Lookups.HasHostsToItself(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        if (!context.Cluster.Knows(ResourceKind.Ingress))
            yield return Violation.Unchecked(FieldPath.Spec / "rules", ResourceKind.Ingress);

        var controller = context.Cluster.ControllerOf(ingress);
        var readsCanaries = controller is null or { HasCanaries: true };
        var isCanary = readsCanaries && ingress.IsCanary;
        var conditions = new Conditions(context.Cluster, controller);
        foreach (var host in ingress.Hosts)
        {
            var rivals = RivalClaims.Of(host, ingress, context, sameNamespace: !isCanary);
            if (rivals is null && !isCanary)
                continue;

            // Up to a thousand claims have the same path and the same rivals.
            var winners = new Dictionary<(string?, string?, string?), Rival?>();
            foreach (var claim in context.Lookups.ClaimsFor(host, ingress))
            {
                var found = isCanary && controller is not null && context.Cluster.Knows(ResourceKind.Ingress) && rivals?.HasMain(claim) is not true
                    ? new(claim.Field, $"path \"{claim.Path ?? "/"}\" of host \"{host}\" has no main Ingress, so this canary gets no requests", "Create the main Ingress first, or remove the canary annotation") { IsAdvice = true }
                    : rivals is null ? null
                    : (context.Parameters.Get(Same) ? FindSame(claim, ingress, rivals, winners, conditions, controller, readsCanaries) : null)
                        ?? (context.Parameters.Get(Nested) && !isCanary ? FindNested(claim, rivals) : null);
                if (found is not null)
                    yield return found;
            }
        }
    }

    private static Violation? FindSame(
        HostClaim claim, Ingress ingress, RivalClaims rivals, Dictionary<(string?, string?, string?), Rival?> winners, Conditions conditions, IngressController? controller, bool readsCanaries)
    {
        var key = (claim.Path, claim.PathType, claim.Backend?.ServiceName);
        if (!winners.TryGetValue(key, out var rival))
        {
            winners[key] = rival = rivals.At(claim)
                .Where(other => other.Ingress.Metadata.Namespace == ingress.Metadata.Namespace
                    && !(readsCanaries && other.Ingress.IsCanary != ingress.IsCanary)
                    && (other.Claim.PathType == "Exact") == (claim.PathType == "Exact")
                    && !Serving.AreParts(controller, ingress, other.Ingress)
                    && !conditions.TellApart(ingress, claim.Backend, other.Ingress, other.Claim.Backend))
                .MinBy(other => (other.Ingress.Metadata.CreationTimestamp, other.Ingress.Metadata.Name));
        }

        if (rival is null)
            return null;

        var at = $"path \"{claim.Path ?? "/"}\" of host \"{claim.Host}\" is also used by {rival.Ingress.Reference}";
        return new Violation(claim.Field, at + Winner(claim, rival, ingress, controller, readsCanaries), "Remove one of the two")
        {
            RestsOn = [rival.Ingress.Reference],

            // During a move to another Ingress, both have the path for a while.
            IsAdvice = claim.PathType != rival.Claim.PathType || RivalClaims.BackendOf(claim) == RivalClaims.BackendOf(rival.Claim),
        };
    }

    private static string Winner(HostClaim claim, Rival rival, Ingress ingress, IngressController? controller, bool readsCanaries)
    {
        if (readsCanaries && ingress.IsCanary)
            return "; the controller ignores one of two canaries";

        var mistaken = readsCanaries ? CanaryMistake(ingress) ?? CanaryMistake(rival.Ingress) : null;
        return (controller is { OlderWins: true }
            ? IsOlder(rival.Ingress, ingress) switch
            {
                true => ", which is older and gets the requests",
                false => ", which is younger and gets no requests",
                null => "; the Ingress that is created first gets the requests",
            }
            : "; the controller picks one of the two") + mistaken;
    }

    private static string? CanaryMistake(Ingress ingress) => ingress.Metadata.Annotations["nginx.ingress.kubernetes.io/canary"] is { } value && !ingress.IsCanary
        ? $"; neither is a canary, because annotation canary is \"{value}\""
        : null;

    /// <summary>Null if neither is stored yet.</summary>
    private static bool? IsOlder(Ingress other, Ingress ingress) => (other.Metadata.CreationTimestamp, ingress.Metadata.CreationTimestamp) switch
    {
        (null, null) => null,
        (_, null) => true,
        (null, _) => false,
        var (theirs, mine) => string.CompareOrdinal(theirs, mine) <= 0,
    };

    private static Violation? FindNested(HostClaim claim, RivalClaims rivals)
    {
        if (rivals.Above(claim) is { } wider)
            return Tell(wider, $"path \"{claim.Path}\" of host \"{claim.Host}\" is below \"{wider.Claim.Path}\" of {wider.Ingress.Reference}; the longer path wins and gets its requests here");
        return rivals.Below(claim) is { } narrower
            ? Tell(narrower, $"path \"{claim.Path}\" of host \"{claim.Host}\" is above \"{narrower.Claim.Path}\" of {narrower.Ingress.Reference}; the longer path wins and gets its requests there")
            : null;

        Violation Tell(Rival rival, string message) =>
            new(claim.Field, message, "Move both paths into one Ingress if they belong together") { RestsOn = [rival.Ingress.Reference], IsAdvice = true };
    }
}
