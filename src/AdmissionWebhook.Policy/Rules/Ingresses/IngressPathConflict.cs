using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Looks at the other Ingresses of the namespace; ingress-host-conflict looks at those of other namespaces, and ingress-path-overlap inside one.
/// Below <c>/</c> everything lies, on purpose, so that is told of nobody.
/// </summary>
public sealed class IngressPathConflict() : ValidationRule<Ingress>(
    "ingress-path-conflict",
    "No two Ingresses of a namespace ask for the same requests, but for a canary and its main Ingress.",
    "Requests that two Ingresses ask for go to one of them, and people look for the other one's mistake. A canary without a main Ingress gets none at all.",
    Enforcement.Warn)
{
    private static readonly Parameter<bool> Same = Parameter.Flag(
        "samePath", true, "Whether the very same path in two Ingresses is told; where ingress-host-conflict runs between Ingresses, it tells of it.");

    private static readonly Parameter<bool> Nested = Parameter.Flag("nestedPaths", true, "Whether one's Prefix path below the other's is told, which is never more than a warning.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Same, Nested];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

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
        foreach (var host in ingress.Hosts)
        {
            var rivals = RivalClaims.Of(host, ingress, context, sameNamespace: !isCanary);
            if (rivals is null && !isCanary)
                continue;

            // Claims of one path, of which there can be a thousand, meet the same rivals.
            var winners = new Dictionary<(string?, string?), Rival?>();
            foreach (var claim in context.Lookups.ClaimsFor(host, ingress))
            {
                var found = isCanary && controller is not null && context.Cluster.Knows(ResourceKind.Ingress) && rivals?.HasMain(claim) is not true
                    ? new(claim.Field, $"is a canary, and no other Ingress has path {claim.Path ?? "/"} of host {host}, so that it gets no requests", "Create the main Ingress first, or remove the annotation") { IsAdvice = true }
                    : rivals is null ? null
                    : (context.Parameters.Get(Same) ? FindSame(claim, ingress, rivals, winners, controller, readsCanaries) : null)
                        ?? (context.Parameters.Get(Nested) && !isCanary ? FindNested(claim, rivals) : null);
                if (found is not null)
                    yield return found;
            }
        }
    }

    private static Violation? FindSame(
        HostClaim claim, Ingress ingress, RivalClaims rivals, Dictionary<(string?, string?), Rival?> winners, IngressController? controller, bool readsCanaries)
    {
        if (!winners.TryGetValue((claim.Path, claim.PathType), out var rival))
        {
            winners[(claim.Path, claim.PathType)] = rival = rivals.At(claim)
                .Where(other => other.Ingress.Metadata.Namespace == ingress.Metadata.Namespace && !(readsCanaries && other.Ingress.IsCanary != ingress.IsCanary))
                .MinBy(other => (other.Ingress.Metadata.CreationTimestamp, other.Ingress.Metadata.Name));
        }

        if (rival is null)
            return null;

        var at = $"path {claim.Path ?? "/"} of host {claim.Host} stands in {rival.Ingress.Reference} too";
        return new Violation(claim.Field, at + Winner(claim, rival, ingress, controller, readsCanaries), "Keep one of the two")
        {
            RestsOn = [rival.Ingress.Reference],

            // Whoever moves a path to another Ingress has it in both for a while.
            IsAdvice = claim.PathType != rival.Claim.PathType || RivalClaims.BackendOf(claim) == RivalClaims.BackendOf(rival.Claim),
        };
    }

    private static string Winner(HostClaim claim, Rival rival, Ingress ingress, IngressController? controller, bool readsCanaries)
    {
        if (readsCanaries && ingress.IsCanary)
            return ", and of two canaries one is passed over";
        if (claim.PathType != rival.Claim.PathType && (claim.PathType == "Exact" || rival.Claim.PathType == "Exact"))
            return $", and {(claim.PathType == "Exact" ? "this one wins, since it is Exact" : "that one wins, since it is Exact")}";

        var mistaken = readsCanaries ? CanaryMistake(ingress) ?? CanaryMistake(rival.Ingress) : null;
        return (controller is { OlderWins: true }
            ? IsOlder(rival.Ingress, ingress) switch
            {
                true => ", which is older and gets the requests",
                false => ", which is younger and gets no requests",
                null => ", and the one that is created first gets the requests",
            }
            : ", and the controller picks one of the two") + mistaken;
    }

    private static string? CanaryMistake(Ingress ingress) => ingress.Metadata.Annotations["nginx.ingress.kubernetes.io/canary"] is { } value && !ingress.IsCanary
        ? $"; canary: \"{value}\" is not true, so neither is a canary"
        : null;

    /// <summary>Null where neither is stored yet.</summary>
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
            return Tell(wider, $"path {claim.Path} of host {claim.Host} lies below {wider.Claim.Path} of {wider.Ingress.Reference}, and its requests come here, since the longer path wins");
        return rivals.Below(claim) is { } narrower
            ? Tell(narrower, $"below path {claim.Path} of host {claim.Host} lies {narrower.Claim.Path} of {narrower.Ingress.Reference}, and its requests go there, since the longer path wins")
            : null;

        Violation Tell(Rival rival, string message) =>
            new(claim.Field, message, "Put both into one Ingress if they belong together") { RestsOn = [rival.Ingress.Reference], IsAdvice = true };
    }
}
