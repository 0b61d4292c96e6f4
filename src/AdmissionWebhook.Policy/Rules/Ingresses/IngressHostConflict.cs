using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// The older Ingress keeps the host; if two have the same age, namespace and name decide. Ingresses that no common controller serves
/// do not conflict, except for names that they request in DNS and in certificates.
/// </summary>
public sealed class IngressHostConflict() : ValidationRule<Ingress>(
    "ingress-host-conflict",
    "No Ingress takes traffic that an Ingress of another namespace already uses.",
    "If two Ingresses have the same host and path, the controller picks one. By accident this is an outage, on purpose a takeover of logins.")
{
    internal static readonly Parameter<Claimant> Between =
        Parameter.Choice("between", Claimant.Namespaces, "Who owns a claim. With Namespaces, the Ingresses of a namespace may share it; with Ingresses, each Ingress owns its own.");

    internal static readonly Parameter<ClaimScope> Compare =
        Parameter.Choice("compare", ClaimScope.Host, "What an owner claims: the whole Host, or one Path of it, so that namespaces can share a host.");

    /// <summary>Who owns a claim.</summary>
    public enum Claimant
    {
        /// <summary>A namespace.</summary>
        Namespaces,

        /// <summary>A single Ingress. A canary of ingress-nginx still shares with its main Ingress.</summary>
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
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        context.Lookups.HasHostsToItself(ingress) && ingress.ServerAliases.Length + ingress.Names.Length <= HostAlias.Most ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        var wholeHost = context.Parameters.Get(Compare) == ClaimScope.Host;
        var old = context.Subject.OldObject as Ingress;
        var held = HeldClaims.Of(old, context.Cluster);
        var told = new HashSet<Host>();

        if (ingress.ServerAliases.Concat(ingress.Names).Skip(HostAlias.Most).FirstOrDefault() is { } tooMany)
            yield return new(tooMany.Field, $"must not name more than {HostAlias.Most} hosts", "Split the Ingress");

        foreach (var host in ingress.Hosts)
        {
            if (OthersAt(host, ingress, context) is not { } others)
                continue;

            var all = RivalsAmong(others, host, ingress, context);
            var (rivals, earlier) = (HostRivals.Of(all, ingress), HostRivals.Of(old is null ? [] : all.Where(rival => !CameLater(rival.Ingress, old, context)), ingress));
            var claims = context.Lookups.ClaimsFor(host, ingress);
            foreach (var claim in wholeHost ? claims.Take(1) : claims)
            {
                var isHeld = wholeHost ? held.Holds(host) : held.Holds(claim);
                var against = isHeld ? earlier : rivals;
                if ((wholeHost || TakesWhatever(claim, ingress) ? against.First : against.Meeting(claim)) is not { } first)
                    continue;

                told.Add(host);
                yield return Judge(claim, first, wholeHost) with { CountsOnUpdate = isHeld && (wholeHost ? claims : [claim]).Any(mine => held.Holds(mine) && earlier.At(mine) is not null) };
            }
        }

        foreach (var violation in FindNames(ingress, held, old, told, context))
            yield return violation;

        if (!context.Cluster.Knows(ResourceKind.Ingress))
            yield return Violation.Unchecked(FieldPath.Spec / "rules", ResourceKind.Ingress);
    }

    /// <summary>A name in DNS or in a certificate conflicts with the host on any controller, in both directions.</summary>
    private static IEnumerable<Violation> FindNames(Ingress ingress, HeldClaims held, Ingress? old, HashSet<Host> told, RuleContext context)
    {
        foreach (var name in ingress.Names)
        {
            if (!told.Contains(name.Host) && Owner(name.Host, other => other.AsksFor(name.Host) || context.Lookups.ClaimsMeeting(name.Host, other).Any()) is { } owner && told.Add(name.Host))
                yield return Tell(name.Field, name.Host, owner, "");
        }

        foreach (var host in ingress.Hosts)
        {
            if (!host.IsAny && !told.Contains(host) && context.Lookups.ClaimsFor(host, ingress).Select(claim => claim.Field).FirstOrDefault() is { } field && Owner(host, other => other.AsksFor(host)) is { } owner)
                yield return Tell(field, host, owner, ", which requests it in DNS or a certificate");
        }

        Ingress? Owner(Host host, Func<Ingress, bool> claims) => context.Cluster.IngressesClaiming(host)
            .Where(other => other.Metadata.Namespace != ingress.Metadata.Namespace && !HadBefore(host, other) && claims(other))
            .MinBy(other => (other.Metadata.CreationTimestamp, other.Reference.ToString()));

        // A name that was requested before stays. A host that was only served gives no right to DNS and certificates against Ingresses of other controllers.
        bool HadBefore(Host host, Ingress other) =>
            old is not null && held.Holds(host) && IsYounger(other, old) && (old.AsksFor(host) || !ingress.AsksFor(host) || context.Cluster.ShareRoutes(old, other) is not false);

        static Violation Tell(FieldPath at, Host host, Ingress owner, string how) =>
            new(at, $"host \"{host}\" is already used by {owner.Reference}{how}", "Use another host") { RestsOn = [owner.Reference] };
    }

    /// <summary>Usually null: most Ingresses share no host.</summary>
    private static HashSet<Ingress>? OthersAt(Host host, Ingress ingress, RuleContext context)
    {
        HashSet<Ingress>? others = null;
        foreach (var other in context.Cluster.IngressesClaiming(host))
        {
            if (MayConflict(ingress, other, context) && !Serving.AreParts(context.Cluster.ControllerOf(ingress), ingress, other))
                (others ??= []).Add(other);
        }

        return others;
    }

    private static List<HostRival> RivalsAmong(HashSet<Ingress> others, Host host, Ingress ingress, RuleContext context)
    {
        var controller = context.Cluster.ControllerOf(ingress);
        HashSet<string>? mine = null;
        return
        [
            .. from other in others
               let meets = context.Cluster.ShareRoutes(ingress, other)
               where meets is not false
               let areMinions = Serving.AreMinions(controller, ingress, other)
               from claim in context.Lookups.ClaimsMeeting(host, other)
               where !areMinions || (mine ??= [.. context.Lookups.ClaimsFor(host, ingress).Select(own => own.PathKey)]).Contains(claim.PathKey)
               select new HostRival(other, claim, IsUncertain: meets is null),
        ];
    }

    private static bool MayConflict(Ingress ingress, Ingress other, RuleContext context) =>
        other.Metadata.Namespace != ingress.Metadata.Namespace
        || (other.Metadata.Name != ingress.Metadata.Name
            && context.Parameters.Get(Between) == Claimant.Ingresses
            && !ingress.IsCanary
            && !other.IsCanary);

    /// <summary>
    /// Whether a claim takes more than its path: a regular expression can match any path, and an Ingress that answers ACME challenges gets certificates for the host
    /// (RFC 8555, 8.3).
    /// </summary>
    internal static bool TakesWhatever(HostClaim claim, Ingress ingress) =>
        claim.Path?.StartsWith("/.well-known/acme-challenge", StringComparison.Ordinal) is true
        || ((claim.PathType is not ("Exact" or "Prefix") || GoText.IsTrue(ingress.Metadata.Annotations["nginx.ingress.kubernetes.io/use-regex"])) && PathSyntax.IsPattern(claim.PathKey));

    /// <summary>Whether the other Ingress is younger and came when the claim was already taken. If another controller served the old Ingress, the claim was not taken.</summary>
    private static bool CameLater(Ingress other, Ingress old, RuleContext context) => IsYounger(other, old) && context.Cluster.ShareRoutes(old, other) is not false;

    private static bool IsYounger(Ingress other, Ingress old) => string.CompareOrdinal(other.Metadata.CreationTimestamp, old.Metadata.CreationTimestamp) is var order and not 0
        ? order > 0
        : string.CompareOrdinal(other.Reference.ToString(), old.Reference.ToString()) > 0;

    private static Violation Judge(HostClaim claim, HostRival rival, bool wholeHost)
    {
        if (rival.IsUncertain)
            return Violation.Unchecked(claim.Field, ResourceKind.IngressClass);

        var what = wholeHost ? $"host \"{claim.Host}\"" : $"path \"{claim.Path ?? "/"}\" of host \"{claim.Host}\"";
        var how = rival.Claim.Host == claim.Host ? "" : $" as host \"{rival.Claim.Host}\"";
        return new(claim.Field, $"{what} is already used by {rival.Ingress.Reference}{how}", "Use another host" + (wholeHost ? "" : " or path")) { RestsOn = [rival.Ingress.Reference] };
    }
}
