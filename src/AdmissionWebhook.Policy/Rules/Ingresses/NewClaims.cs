using System.Security.Cryptography;
using System.Text;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>A host that an allowed request takes. The next decision must know it before any watch shows it.</summary>
/// <param name="Host">The host; a wildcard also conflicts with the hosts below it.</param>
/// <param name="Field">Where the Ingress claims it.</param>
/// <param name="Takes">The parts of the host that it takes.</param>
/// <param name="Meets">The parts of the host that no other claim may have taken.</param>
/// <param name="AmongIngresses">Whether Ingresses of the same namespace count too.</param>
public sealed record NewClaim(Host Host, FieldPath Field, ImmutableArray<string> Takes, ImmutableArray<string> Meets, bool AmongIngresses);

/// <summary>
/// What a request claims and its object did not claim before, if a policy denies violations of <see cref="IngressHostConflict"/>. The keys are short forms of what
/// the rule compares: the controller, and the path if namespaces share hosts.
/// </summary>
public static class NewClaims
{
    private const string Served = "host", Asked = "name", Whatever = "*";

    /// <summary>The claims of an allowed request; most updates have none.</summary>
    public static ImmutableArray<NewClaim> Of(Subject subject, PolicySet policies, ClusterState cluster)
    {
        if (subject is not { Phase: AdmissionPhase.Validating, IsDryRun: false, IsAudit: false, SubResource: null, Object: Ingress ingress, ConcernsTraffic: true })
            return [];

        var denying = Denying(subject, policies, cluster).ToList();
        if (denying.Count == 0)
            return [];

        var form = new Form(
            denying.TrueForAll(active => active.Parameters.Get(IngressHostConflict.Compare) == IngressHostConflict.ClaimScope.Path),
            denying.Exists(active => active.Parameters.Get(IngressHostConflict.Between) == IngressHostConflict.Claimant.Ingresses) && !ingress.IsCanary);
        var held = subject.OldObject is Ingress old ? KeysOf(old, form, cluster).DistinctBy(claim => claim.Host).ToDictionary(claim => claim.Host) : [];
        return [.. KeysOf(ingress, form, cluster).DistinctBy(claim => claim.Host).Where(claim => !held.TryGetValue(claim.Host, out var before) || claim.Takes.Except(before.Takes).Any())];
    }

    private static IEnumerable<ActiveRule> Denying(Subject subject, PolicySet policies, ClusterState cluster) =>
        from policy in policies.Policies
        where policy.Covers(subject.Target!, cluster) is true
        from active in policy.RulesFor(subject.Phase, ResourceKind.Ingress)
        where active is { Rule: IngressHostConflict, Enforcement: Enforcement.Deny } && new ExemptionCheck(policy, active, policies.Exemptions).Find(subject) is null
        select active;

    private static IEnumerable<NewClaim> KeysOf(Ingress ingress, Form form, ClusterState cluster)
    {
        var scopes = cluster.RouteScopesOf(ingress);
        var asked = ingress.Names.Select(name => name.Host).ToHashSet();
        foreach (var claims in ingress.Claims.GroupBy(claim => claim.Host))
            yield return AskingToo(KeysOf(claims.Key, claims.First().Field, claims, scopes, ingress, form), asked);

        NewClaim? every = null;
        foreach (var alias in cluster.AliasesOf(ingress))
        {
            // Each alias claims every path.
            every ??= KeysOf(alias.Host, alias.Field, ingress.ClaimsOfAlias(alias), scopes, ingress, form);
            yield return AskingToo(every with { Host = alias.Host, Field = alias.Field }, asked);
        }

        foreach (var name in ingress.Names)
            yield return new(name.Host, name.Field, [Asked], [Served, Asked], AmongIngresses: false);
    }

    /// <summary>A served host may also be requested in DNS or in a certificate; then it conflicts with every other Ingress that serves it.</summary>
    private static NewClaim AskingToo(NewClaim claim, HashSet<Host> asked) =>
        asked.Contains(claim.Host) ? claim with { Takes = claim.Takes.Add(Asked), Meets = claim.Meets.Add(Served) } : claim;

    private static NewClaim KeysOf(Host host, FieldPath field, IEnumerable<HostClaim> claims, RouteScopes scopes, Ingress ingress, Form form)
    {
        if (!form.ByPath)
            return new(host, field, [.. scopes.Takes, Served], [.. scopes.Meets, Asked], form.AmongIngresses);

        var (paths, takesWhatever) = (new HashSet<string>(), false);
        foreach (var claim in claims)
        {
            var takes = IngressHostConflict.TakesWhatever(claim, ingress);
            takesWhatever |= takes;
            paths.Add(takes ? Whatever : Short(claim.PathKey));
        }

        return new(
            host, field,
            [.. scopes.Takes, .. Below(scopes.Takes, paths), Served],
            [.. takesWhatever ? scopes.Meets : Below(scopes.Meets, paths.Append(Whatever)), Asked],
            form.AmongIngresses);
    }

    /// <summary>A path can have any length, and keys are stored.</summary>
    private static string Short(string path) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 9));

    private static IEnumerable<string> Below(ImmutableArray<string> scopes, IEnumerable<string> paths) => scopes.SelectMany(scope => paths.Select(path => $"{scope} {path}"));

    private readonly record struct Form(bool ByPath, bool AmongIngresses);
}
