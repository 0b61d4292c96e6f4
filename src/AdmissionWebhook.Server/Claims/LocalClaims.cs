using AdmissionWebhook.Policy.Rules.Ingresses;
using AdmissionWebhook.Policy.Values;
using Host = AdmissionWebhook.Policy.Values.Host;

namespace AdmissionWebhook.Server.Claims;

/// <summary>What this replica has allowed in the last seconds. All claims of a request are taken at once, or none of them.</summary>
internal sealed class LocalClaims(TimeProvider time)
{
    private readonly Lock _taking = new();
    private readonly Dictionary<Host, List<ClaimEntry>> _byHost = [];
    private readonly Dictionary<string, HashSet<Host>> _below = [];
    private readonly Queue<(Host Host, DateTimeOffset At)> _ages = [];

    /// <summary>Takes claims for an Ingress.</summary>
    /// <param name="claimant">The request.</param>
    /// <param name="claims">What it claims.</param>
    /// <param name="ended">Claims of others that are known to have ended.</param>
    /// <returns>The claim that another Ingress has taken, and which; null where all are taken now.</returns>
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

    /// <summary>Gives back what a request has taken and does not get after all.</summary>
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

    /// <summary>Whether this replica has allowed it, and allowed no other creation of the same Ingress with the host since it remembers.</summary>
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

/// <summary>A claim that another Ingress was allowed to take a moment ago.</summary>
/// <param name="Claim">The claim that is asked for.</param>
/// <param name="Rival">Who has taken it.</param>
/// <param name="Host">As which host: a wildcard over it, or one below it.</param>
internal sealed record RivalClaim(NewClaim Claim, ClaimEntry Rival, Host Host);
