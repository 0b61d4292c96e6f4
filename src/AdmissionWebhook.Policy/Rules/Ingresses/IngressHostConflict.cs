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
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => context.Lookups.HasHostsToItself(ingress) && ingress.ServerAliases.Length <= Ingress.MostAliases ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        var wholeHost = context.Parameters.Get(Compare) == ClaimScope.Host;
        var old = context.Subject.OldObject as Ingress;
        var held = old is null ? null : context.Cluster.ClaimsOf(old).Select(claim => (claim.Host, claim.PathKey)).ToHashSet();

        if (ingress.ServerAliases.Length > Ingress.MostAliases)
            yield return new(FieldPath.Metadata / "annotations" / Ingress.AliasAnnotation, $"names more than {Ingress.MostAliases} hosts, too many to compare", "Use several Ingresses");

        foreach (var host in ingress.Hosts)
        {
            if (OthersAt(host, ingress, context) is not { } others)
                continue;

            var rivals = RivalsAmong(others, host, ingress, context);
            var byPath = rivals.ToLookup(rival => rival.Claim.PathKey);
            var claims = context.Lookups.ClaimsFor(host, ingress);
            foreach (var claim in wholeHost ? claims.Take(1) : claims)
            {
                var rival = (wholeHost ? rivals : byPath[claim.PathKey].Where(candidate => candidate.Claim.HasSamePath(claim)))
                    .Where(candidate => held?.Contains((claim.Host, claim.PathKey)) is not true || !CameLater(candidate.Ingress, old!, context))
                    .MinBy(candidate => (candidate.IsUncertain, candidate.Ingress.Metadata.CreationTimestamp, candidate.Ingress.Reference.ToString()));
                if (rival is not null)
                    yield return Judge(claim, rival, wholeHost);
            }
        }

        if (!context.Cluster.Knows(ResourceKind.Ingress))
            yield return Violation.Unchecked(FieldPath.Spec / "rules", ResourceKind.Ingress);
    }

    /// <summary>Nearly always nobody: an Ingress has its hosts to itself.</summary>
    private static HashSet<Ingress>? OthersAt(Host host, Ingress ingress, RuleContext context)
    {
        HashSet<Ingress>? others = null;
        foreach (var other in context.Cluster.IngressesClaiming(host))
        {
            if (MayConflict(ingress, other, context))
                (others ??= []).Add(other);
        }

        return others;
    }

    private static List<Rival> RivalsAmong(HashSet<Ingress> others, Host host, Ingress ingress, RuleContext context)
    {
        var mine = context.Cluster.ClassOf(ingress);
        return
        [
            .. from other in others
               let meets = Meets(ingress, mine, other)
               where meets is not false
               from claim in context.Lookups.ClaimsMeeting(host, other)
               select new Rival(other, claim, IsUncertain: meets is null),
        ];
    }

    private static bool MayConflict(Ingress ingress, Ingress other, RuleContext context) =>
        other.Metadata.Namespace != ingress.Metadata.Namespace
        || (other.Metadata.Name != ingress.Metadata.Name
            && context.Parameters.Get(Between) == Claimant.Ingresses
            && !ingress.IsCanary
            && !other.IsCanary);

    /// <summary>
    /// Whether one controller serves both; null where nobody can tell. A stored Ingress without a class has none: defaults are filled in on creation.
    /// </summary>
    internal static bool? Meets(Ingress ingress, EffectiveClass mine, Ingress other) =>
        ingress.ClassName is not null || ingress.AnnotatedClass is not null
            ? (ingress.ClassName is { } field && IsOf(field, other)) || (ingress.AnnotatedClass is { } annotation && IsOf(annotation, other))
            : mine.IsKnown ? IsOf(mine.Name, other) : null;

    private static bool IsOf(string? className, Ingress other) =>
        className is null ? other.ClassName is null && other.AnnotatedClass is null : other.ClassName == className || other.AnnotatedClass == className;

    /// <summary>Whether the other one is the younger, and so came when the claim was taken. Where another controller served the old Ingress, it was not.</summary>
    private static bool CameLater(Ingress other, Ingress old, RuleContext context) =>
        string.CompareOrdinal(other.Metadata.CreationTimestamp, old.Metadata.CreationTimestamp) > 0 && Meets(old, context.Cluster.ClassOf(old), other) is not false;

    private static Violation Judge(HostClaim claim, Rival rival, bool wholeHost)
    {
        if (rival.IsUncertain)
            return Violation.Unchecked(claim.Field, ResourceKind.IngressClass);

        var what = wholeHost ? $"host {claim.Host}" : $"path {claim.Path ?? "/"} of host {claim.Host}";
        var how = rival.Claim.Host == claim.Host ? "" : $", as host {rival.Claim.Host}";
        return new(claim.Field, $"{what} is claimed by {rival.Ingress.Reference} already{how}", "Use another host" + (wholeHost ? "" : " or path")) { RestsOn = [rival.Ingress.Reference] };
    }

    private sealed record Rival(Ingress Ingress, HostClaim Claim, bool IsUncertain);
}
