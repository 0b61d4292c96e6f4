using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>What another Ingress asks for.</summary>
internal sealed record Rival(Ingress Ingress, HostClaim Claim);

/// <summary>What other Ingresses ask for of one host, found by path in time that does not grow with their number.</summary>
internal sealed class RivalClaims
{
    /// <summary>Nobody nests deeper, and an object of a megabyte can.</summary>
    private const int Deepest = 32;

    private readonly Dictionary<string, List<Rival>> _byPath = [];
    private readonly Dictionary<string, Rival> _prefixes = [], _below = [];

    private RivalClaims(IEnumerable<Rival> rivals)
    {
        foreach (var rival in rivals)
        {
            var key = rival.Claim.PathKey;
            if (!_byPath.TryGetValue(key, out var same))
                _byPath[key] = same = [];
            same.Add(rival);
            if (rival.Claim.PathType != "Prefix")
                continue;
            _prefixes[key] = _prefixes.TryGetValue(key, out var first) && IsBefore(first, rival) ? first : rival;
            foreach (var prefix in AncestorsOf(key))
                _below[prefix] = _below.TryGetValue(prefix, out var known) && IsBefore(known, rival) ? known : rival;
        }
    }

    /// <summary>The claims of other Ingresses of the same controller; null where there are none, which is nearly always.</summary>
    public static RivalClaims? Of(Host host, Ingress ingress, RuleContext context, bool sameNamespace)
    {
        var cluster = context.Cluster;
        HashSet<Ingress>? others = null;
        foreach (var other in context.Cluster.IngressesClaiming(host))
        {
            var isNear = other.Metadata.Namespace == ingress.Metadata.Namespace;
            if ((isNear && other.Metadata.Name == ingress.Metadata.Name) || (sameNamespace && !isNear))
                continue;

            if (cluster.ShareRoutes(ingress, other) is true)
                (others ??= []).Add(other);
        }

        return others is null ? null : new(from other in others from claim in context.Lookups.ClaimsFor(host, other) select new Rival(other, claim));
    }

    /// <summary>Where a claim's requests go; null for a whole host.</summary>
    public static (string?, PortReference)? BackendOf(HostClaim claim) => claim.Backend is { } backend ? (backend.ServiceName, backend.Port) : null;

    /// <summary>Those for the same path.</summary>
    public IEnumerable<Rival> At(HostClaim claim) => _byPath.TryGetValue(claim.PathKey, out var same) ? same.Where(rival => rival.Claim.HasSamePath(claim)) : [];

    /// <summary>Whether an Ingress that is no canary asks for the path.</summary>
    public bool HasMain(HostClaim claim) => At(claim).Any(rival => !rival.Ingress.IsCanary);

    /// <summary>The nearest Prefix that a Prefix lies below, <c>/</c> excepted.</summary>
    public Rival? Above(HostClaim claim)
    {
        if (claim.PathType == "Prefix")
        {
            foreach (var prefix in AncestorsOf(claim.PathKey))
            {
                if (_prefixes.TryGetValue(prefix, out var wider))
                    return wider;
            }
        }

        return null;
    }

    /// <summary>A Prefix that lies below a Prefix other than <c>/</c>.</summary>
    public Rival? Below(HostClaim claim) => claim.PathType == "Prefix" && _below.TryGetValue(claim.PathKey, out var narrower) ? narrower : null;

    /// <summary>By path and name, so that the order in which others are known does not matter.</summary>
    private static bool IsBefore(Rival one, Rival other) =>
        (string.CompareOrdinal(one.Claim.PathKey, other.Claim.PathKey), string.CompareOrdinal(one.Ingress.Metadata.Name, other.Ingress.Metadata.Name)) is ( < 0, _) or (0, <= 0);

    private static IEnumerable<string> AncestorsOf(string key)
    {
        for (var (end, depth) = (key.LastIndexOf('/'), 0); end > 0 && depth < Deepest; end = key.LastIndexOf('/', end - 1), depth++)
        {
            if (key[..end].TrimEnd('/') is { Length: > 0 } prefix)
                yield return prefix;
        }
    }
}
