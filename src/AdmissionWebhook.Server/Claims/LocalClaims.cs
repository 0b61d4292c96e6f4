using AdmissionWebhook.Policy.Rules.Ingresses;
using Host = AdmissionWebhook.Policy.Values.Host;

namespace AdmissionWebhook.Server.Claims;

/// <summary>The claims that this replica allowed in the last seconds. A request gets all its claims at once, or none.</summary>
internal sealed class LocalClaims(TimeProvider time)
{
    private readonly Lock _taking = new();
    private readonly Dictionary<Host, List<ClaimEntry>> _byHost = [];
    private readonly Dictionary<string, HashSet<Host>> _below = [];
    private readonly Queue<(Host Host, DateTimeOffset At)> _ages = [];

    /// <summary>Takes claims for an Ingress.</summary>
    /// <param name="claimant">The request.</param>
    /// <param name="claims">The claims of the request.</param>
    /// <param name="ended">Claims of other Ingresses that have ended.</param>
    /// <returns>The claim that another Ingress has, and that Ingress; null if the request now has all claims.</returns>
    public RivalClaim? Take(Claimant claimant, ImmutableArray<NewClaim> claims, IReadOnlySet<ClaimEntry> ended)
    {
        lock (_taking)
        {
            var now = time.GetUtcNow();
            Forget(now);
            foreach (var claim in claims)
            {
                foreach (var host in HostsMeeting(claim.Host))
                {
                    if (_byHost.TryGetValue(host, out var entries) && entries.Find(entry => entry.HoldsAt(now) && entry.Opposes(claim, claimant.Reference) && !ended.Contains(entry)) is { } rival)
                        return new(claim, rival, host);
                }
            }

            foreach (var claim in claims)
                Add(claim.Host, ClaimEntry.Of(claimant, claim));
            return null;
        }
    }

    /// <summary>Releases the claims of a request that is denied after all.</summary>
    public void Release(Claimant claimant, ImmutableArray<NewClaim> claims)
    {
        lock (_taking)
        {
            foreach (var claim in claims)
            {
                if (_byHost.TryGetValue(claim.Host, out var entries))
                    entries.RemoveAll(entry => entry.IsOf(claimant));
            }
        }
    }

    /// <summary>Whether this replica allowed it, and remembers no other creation of the same Ingress with the host.</summary>
    public bool IsOnlyCreation(ClaimEntry entry, Host host)
    {
        lock (_taking)
            return entry.IsCreation && _byHost.TryGetValue(host, out var entries) && entries.Contains(entry) && entries.Count(other => other.Namespace == entry.Namespace && other.Name == entry.Name) == 1;
    }

    private IEnumerable<Host> HostsMeeting(Host host)
    {
        yield return host;
        if (host.CoveringWildcard is { } wildcard)
            yield return Host.Parse(wildcard);
        foreach (var covered in host.IsWildcard ? _below.GetValueOrDefault(host.Name, []) : [])
            yield return covered;
    }

    private void Add(Host host, ClaimEntry entry)
    {
        if (!_byHost.TryGetValue(host, out var entries))
            _byHost[host] = entries = [];
        if (entries.Contains(entry))
            return;
        entries.Add(entry);
        _ages.Enqueue((host, entry.At));
        if (host.CoveringWildcard is not { } wildcard)
            return;
        if (!_below.TryGetValue(wildcard, out var covered))
            _below[wildcard] = covered = [];
        covered.Add(host);
    }

    private void Forget(DateTimeOffset now)
    {
        while (_ages.TryPeek(out var oldest) && now - oldest.At >= ClaimEntry.Lifetime)
        {
            _ages.Dequeue();
            if (!_byHost.TryGetValue(oldest.Host, out var entries) || entries.RemoveAll(entry => !entry.HoldsAt(now)) < 0 || entries.Count > 0)
                continue;

            _byHost.Remove(oldest.Host);
            if (oldest.Host.CoveringWildcard is { } wildcard && _below.TryGetValue(wildcard, out var covered) && covered.Remove(oldest.Host) && covered.Count == 0)
                _below.Remove(wildcard);
        }
    }
}

/// <summary>A claim that another Ingress was allowed a moment ago.</summary>
/// <param name="Claim">The requested claim.</param>
/// <param name="Rival">The Ingress that has it.</param>
/// <param name="Host">The host that the rival claimed: the same, a wildcard above it, or one below it.</param>
internal sealed record RivalClaim(NewClaim Claim, ClaimEntry Rival, Host Host);
