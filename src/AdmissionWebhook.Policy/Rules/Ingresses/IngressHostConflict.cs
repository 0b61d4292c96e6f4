using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Who came first keeps the host. Ingresses of different classes are served by different controllers and do not meet.</summary>
public sealed class IngressHostConflict() : ValidationRule<Ingress>(
    "ingress-host-conflict",
    "No Ingress takes traffic that an Ingress of another namespace has claimed.",
    "Of two Ingresses with one host and path the controller picks one: by accident an outage, on purpose a takeover of somebody's logins.")
{
    private static readonly Parameter<Claimant> Between =
        Parameter.Choice("between", Claimant.Namespaces, "Who owns a claim: a namespace, whose Ingresses may share it, or each Ingress by itself.");

    private static readonly Parameter<ClaimScope> Compare =
        Parameter.Choice("compare", ClaimScope.Path, "What is claimed: a path of a host, or the whole host.");

    /// <summary>Who owns a claim.</summary>
    public enum Claimant
    {
        /// <summary>A namespace.</summary>
        Namespaces,

        /// <summary>An Ingress; nginx canaries still share with the Ingress beside them.</summary>
        Ingresses,
    }

    /// <summary>What is claimed.</summary>
    public enum ClaimScope
    {
        /// <summary>A path of a host.</summary>
        Path,

        /// <summary>A host with all its paths.</summary>
        Host,
    }

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Between, Compare];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var wholeHost = context.Parameters.Get(Compare) == ClaimScope.Host;
        var mine = context.Cluster.ClassOf(ingress);
        var told = new HashSet<Host>();

        foreach (var claim in ingress.Claims)
        {
            if (wholeHost && !told.Add(claim.Host))
                continue;

            var rivals =
                from other in context.Cluster.IngressesClaiming(claim.Host)
                where MayConflict(ingress, other, context) && mine.Meets(context.Cluster.ClassOf(other)) is not false
                where other.Claims.Any(theirs => wholeHost ? theirs.Host.Overlaps(claim.Host) : theirs.Collides(claim))
                select other;

            if (rivals.MinBy(other => (other.Metadata.CreationTimestamp, other.Reference.ToString())) is { } rival)
                yield return Judge(claim, rival, mine.Meets(context.Cluster.ClassOf(rival)) is null, wholeHost);
        }

        if (!context.Cluster.Knows(ResourceKind.Ingress))
            yield return Violation.Unchecked(FieldPath.Spec / "rules", ResourceKind.Ingress);
    }

    private static bool MayConflict(Ingress ingress, Ingress other, RuleContext context) =>
        other.Metadata.Namespace != ingress.Metadata.Namespace
        || (other.Metadata.Name != ingress.Metadata.Name
            && context.Parameters.Get(Between) == Claimant.Ingresses
            && !ingress.IsCanary
            && !other.IsCanary);

    private static Violation Judge(HostClaim claim, Ingress rival, bool isUncertain, bool wholeHost)
    {
        if (isUncertain)
            return Violation.Unchecked(claim.Field, ResourceKind.IngressClass);

        var what = wholeHost ? $"host {claim.Host}" : $"path {claim.Path ?? "/"} of host {claim.Host}";
        var theirs = rival.Claims.First(other => other.Host.Overlaps(claim.Host)).Host;
        var how = theirs == claim.Host ? "" : $", as host {theirs}";
        return new(claim.Field, $"{what} is claimed by {rival.Reference} already{how}", "Use another host" + (wholeHost ? "" : " or path")) { RestsOn = [rival.Reference] };
    }
}
