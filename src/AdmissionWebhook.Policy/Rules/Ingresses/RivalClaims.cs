using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>A claim of another Ingress.</summary>
internal sealed record Rival(Ingress Ingress, HostClaim Claim);

/// <summary>Claims of other Ingresses for one host, found by path in time that does not grow with their number.</summary>
internal sealed class RivalClaims
{
    /// <summary>Real paths do not nest deeper; an object of a megabyte can.</summary>
    private const int Deepest = 32;

    /// <summary>This many letters of a path cost as much as one step of the budget.</summary>
    private const int LettersOfAStep = 256;

    private readonly ClusterState _cluster;
    private readonly Dictionary<string, List<Rival>> _byPath = [];
    private readonly Dictionary<string, Rival> _prefixes = [];

    /// <summary>The paths of <see cref="_prefixes"/> in order, so that paths below another one are adjacent.</summary>
    private readonly string[] _sorted;

    private RivalClaims(IEnumerable<Rival> rivals, ClusterState cluster)
    {
        _cluster = cluster;
        foreach (var rival in rivals)
        {
            var key = rival.Claim.PathKey;
            if (!_byPath.TryGetValue(key, out var same))
                _byPath[key] = same = [];
            same.Add(rival);
            if (rival.Claim.PathType == "Prefix")
                _prefixes[key] = _prefixes.TryGetValue(key, out var first) && IsBefore(first, rival) ? first : rival;
        }

        _sorted = [.. _prefixes.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>The claims of other Ingresses of the same controller; usually null, for none.</summary>
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

        return others is null ? null : new(from other in others from claim in context.Lookups.ClaimsFor(host, other) select new Rival(other, claim), cluster);
    }

    /// <summary>The backend of a claim; null for a whole host.</summary>
    public static (string?, PortReference)? BackendOf(HostClaim claim) => claim.Backend is { } backend ? (backend.ServiceName, backend.Port) : null;

    /// <summary>Claims for the same path.</summary>
    public IEnumerable<Rival> At(HostClaim claim) => _byPath.TryGetValue(claim.PathKey, out var same) ? same.Where(rival => rival.Claim.HasSamePath(claim)) : [];

    /// <summary>Whether an Ingress that is not a canary claims the path.</summary>
    public bool HasMain(HostClaim claim) => At(claim).Any(rival => !rival.Ingress.IsCanary);

    /// <summary>The nearest Prefix above a Prefix, except <c>/</c>.</summary>
    public Rival? Above(HostClaim claim)
    {
        if (claim.PathType != "Prefix")
            return null;

        var known = _prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
        var rest = claim.PathKey.AsSpan();
        for (var depth = 0; depth < Deepest && rest.LastIndexOf('/') is > 0 and var end; depth++)
        {
            rest = rest[..end].TrimEnd('/');
            _cluster.Spend(1 + (rest.Length / LettersOfAStep));
            if (!rest.IsEmpty && known.TryGetValue(rest, out var wider))
                return wider;
        }

        return null;
    }

    /// <summary>A Prefix below a Prefix other than <c>/</c>.</summary>
    public Rival? Below(HostClaim claim)
    {
        if (claim.PathType != "Prefix" || claim.PathKey.Length == 0)
            return null;

        var start = claim.PathKey + "/";
        _cluster.Spend(1 + (start.Length / LettersOfAStep));
        var at = Array.BinarySearch(_sorted, start, StringComparer.Ordinal);
        return (at < 0 ? ~at : at) is var next && next < _sorted.Length && _sorted[next].StartsWith(start, StringComparison.Ordinal) ? _prefixes[_sorted[next]] : null;
    }

    /// <summary>By path and name, so that the order of arrival does not matter.</summary>
    private static bool IsBefore(Rival one, Rival other) =>
        (string.CompareOrdinal(one.Claim.PathKey, other.Claim.PathKey), string.CompareOrdinal(one.Ingress.Metadata.Name, other.Ingress.Metadata.Name)) is ( < 0, _) or (0, <= 0);
}
