using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Only controllers that pick the host before the path, and at most a warning: a 404 may be intended. Of Ingresses without a host, only those of the
/// namespace count, because a default page for all hosts is hidden on purpose.
/// </summary>
public sealed class IngressHostHidesWildcard() : ValidationRule<Ingress>(
    "ingress-host-hides-wildcard",
    "A host does not hide paths of an Ingress for its wildcard, or for all hosts.",
    "nginx and Envoy pick the nearest host first and then look only at its paths. Other paths get a 404, although an Ingress for the wildcard has them.",
    Enforcement.Warn)
{
    /// <summary>So many paths of the wildcard are compared for each host.</summary>
    private const int MostCompared = 100;

    /// <summary>Real paths do not nest deeper; an object of a megabyte can.</summary>
    private const int Deepest = 32;

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        ingress.IsCanary || ingress.DefaultBackend is not null || ingress.Rules.All(ServesEverything) || context.Cluster.ControllerOf(ingress) is not { PicksHostFirst: true }
            ? []
            : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        var (cluster, lookups) = (context.Cluster, context.Lookups);
        var ofAnyHost = new Lazy<List<Ingress>>(() => [.. Sharing(Host.Any, ingress, cluster).Where(other => other.Metadata.Namespace == ingress.Metadata.Namespace)]);
        foreach (var rules in ingress.Rules.Where(rule => !rule.Host.IsAny && !rule.Host.IsPattern).GroupBy(rule => rule.Host))
        {
            var host = rules.Key;
            var others = Sharing(host, ingress, cluster).ToList();
            var wider = ClaimsOf(ofAnyHost.Value, Host.Any, lookups);
            if (host.CoveringWildcard is { } wildcard)
                wider = ClaimsOf(others, Host.Parse(wildcard), lookups).Concat(wider);
            if (!wider.Any() || others.Any(other => other.DefaultBackend is not null && other.RuleHosts.Contains(host)))
                continue;

            var served = new ServedPaths(lookups.ClaimsFor(host, ingress).Concat(others.SelectMany(other => lookups.ClaimsFor(host, other))));
            if (wider.Take(MostCompared).FirstOrDefault(each => !served.Contains(each.Claim)) is { Ingress: { } rival } hidden)
                yield return Judge(rules.First(), hidden.Claim, rival);
        }
    }

    private static IEnumerable<(Ingress Ingress, HostClaim Claim)> ClaimsOf(IEnumerable<Ingress> others, Host host, Lookups lookups) =>
        from other in others
        orderby other.Reference.ToString()
        from claim in lookups.ClaimsFor(host, other)
        select (other, claim);

    /// <summary>Other Ingresses that claim the host or its wildcard, and that the same controller serves.</summary>
    private static IEnumerable<Ingress> Sharing(Host host, Ingress ingress, ClusterState cluster) => cluster.IngressesClaiming(host)
        .Where(other => other.Reference != ingress.Reference && !other.IsCanary && cluster.ShareRoutes(ingress, other) is true)
        .DistinctBy(other => other.Reference);

    private static bool ServesEverything(IngressRule rule) => rule.Host.IsAny || rule.Paths.IsEmpty || rule.Paths.Any(IsRoot);

    private static Violation Judge(IngressRule rule, HostClaim hidden, Ingress rival) => new(
        FieldPath.Spec / "rules" / rule.Index / "host",
        $"{rival.Reference} serves path \"{hidden.Path ?? "/"}\" of host \"{hidden.Host}\", but not for \"{rule.Host}\", which is a host of its own",
        "Add the path to this host, or ignore this if a 404 is intended")
    {
        RestsOn = [rival.Reference],
        IsAdvice = true,
    };

    private static bool IsRoot(IngressPath path) => path.PathType != "Exact" && (path.Path ?? "/") == "/";

    /// <summary>The paths of one host, found in time that does not grow with their number.</summary>
    private sealed class ServedPaths
    {
        private readonly HashSet<string> _exact = [], _prefixes = [];

        public ServedPaths(IEnumerable<HostClaim> claims)
        {
            foreach (var claim in claims)
                (claim.PathType == "Exact" ? _exact : _prefixes).Add(claim.PathKey);
        }

        public bool Contains(HostClaim claim)
        {
            if (_prefixes.Contains("") || _prefixes.Contains(claim.PathKey) || (claim.PathType == "Exact" && _exact.Contains(claim.PathKey)))
                return true;

            var known = _prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
            var rest = claim.PathKey.AsSpan();
            for (var depth = 0; depth < Deepest && rest.LastIndexOf('/') is > 0 and var end; depth++)
            {
                rest = rest[..end];
                if (known.Contains(rest))
                    return true;
            }

            return false;
        }
    }
}
