using System.Net;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;
using Host = AdmissionWebhook.Policy.Values.Host;

namespace AdmissionWebhook.Server.Claims;

/// <summary>
/// What all replicas have allowed in the last seconds, as Leases in the webhook's own namespace: one for each host, deleted once every watch shows the Ingress. Who takes hosts
/// writes all of them first and looks at the hosts beside them afterwards, so of two that meet at least one sees the other.
/// </summary>
/// <param name="space">The webhook's namespace.</param>
/// <param name="client">Asks the API server.</param>
/// <param name="time">Tells the time.</param>
internal sealed class SharedClaims(string space, KubernetesApiClient client, TimeProvider time)
{
    /// <summary>How many hosts of one request are taken at a time.</summary>
    private const int AtATime = 32;

    /// <summary>One after the other they would end more slowly than a tenant may write them.</summary>
    private const int DeletionsAtATime = 16;

    /// <summary>How often a Lease that others change as well is tried.</summary>
    private const int MostTries = 40;

    /// <summary>Between two tries at most, in milliseconds; chosen at random, so that those who met once do not meet again.</summary>
    private const int LongestPause = 40;

    /// <summary>Those that write one Lease wait for each other here, and not for the API server to refuse one after the other.</summary>
    private readonly ImmutableArray<SemaphoreSlim> _writing = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1))];

    /// <summary>The time by which claims are dated.</summary>
    public TimeProvider Time => time;

    private string Collection => $"apis/coordination.k8s.io/v1/namespaces/{space}/leases";

    /// <summary>Takes claims for an Ingress; those of a request that is refused are given back.</summary>
    /// <param name="claimant">The request.</param>
    /// <param name="claims">What it claims.</param>
    /// <param name="ended">Claims of others that are known to have ended.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The claim that another Ingress has taken, and which; null where all are taken now.</returns>
    /// <exception cref="Exception">The API server could not be asked, or not in time.</exception>
    public async Task<RivalClaim?> TakeAsync(Claimant claimant, ImmutableArray<NewClaim> claims, IReadOnlySet<ClaimEntry> ended, CancellationToken cancellation)
    {
        foreach (var some in claims.Chunk(AtATime))
        {
            var written = await Task.WhenAll(some.Select(claim => WriteInTurnAsync(claimant, claim, ended, cancellation)));
            if (written.FirstOrDefault(found => found is not null) is { } rival)
                return rival;
        }

        // Hosts of one domain have one wildcard above them, which is read once for all of them.
        foreach (var some in claims.GroupBy(claim => (claim.Host.IsWildcard, claim.Host.CoveringWildcard ?? claim.Host.Name)).Chunk(AtATime))
        {
            var found = await Task.WhenAll(some.Select(beside => FindBesideAsync(claimant, [.. beside], ended, cancellation)));
            if (found.FirstOrDefault(each => each is not null) is { } rival)
                return rival;
        }

        return null;
    }

    /// <summary>Removes what an Ingress has taken and does not get after all.</summary>
    public async Task ReleaseAsync(Claimant claimant, ImmutableArray<NewClaim> claims, CancellationToken cancellation)
    {
        foreach (var claim in claims)
        {
            if (await client.GetAsync(PathOf(claim.Host), ClaimLease.Read, cancellation) is { } lease && lease.Entries.Any(GoesWith))
                await PutAsync(lease with { Entries = lease.Entries.RemoveAll(GoesWith) }, cancellation);
        }

        bool GoesWith(ClaimEntry entry) => entry.IsOf(claimant) && !entry.IsRenewal;
    }

    /// <summary>Deletes every Lease whose entries have ended, whoever wrote it.</summary>
    public async Task CleanAsync(CancellationToken cancellation)
    {
        var ended = new List<ClaimLease>();
        var now = time.GetUtcNow();
        await client.ListAsync($"{Collection}?{ClaimLease.Selector}", ClaimLease.Read, lease => { if (lease.EndsAt + ClaimEntry.Lifetime < now) ended.Add(lease); }, cancellation);
        await Parallel.ForEachAsync(ended, new ParallelOptions { MaxDegreeOfParallelism = DeletionsAtATime, CancellationToken = cancellation }, DeleteAsync);
    }

    /// <summary>An Ingress as the API server has it; null where there is none.</summary>
    public async Task<Ingress?> FindAsync(ObjectReference ingress, CancellationToken cancellation) =>
        (Ingress?)await client.GetAsync(ingress.ObjectPath, json => ResourceKind.Ingress.Read(json), cancellation);

    private async ValueTask DeleteAsync(ClaimLease lease, CancellationToken cancellation)
    {
        try
        {
            await client.DeleteAsync(PathOf(lease.Host), lease.ResourceVersion!, cancellation);
        }
        catch (ApiException changed) when (changed.Code is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            // Somebody has taken the host anew, or was quicker.
        }
    }

    private async Task<RivalClaim?> WriteInTurnAsync(Claimant claimant, NewClaim claim, IReadOnlySet<ClaimEntry> ended, CancellationToken cancellation)
    {
        var turn = _writing[(int)((uint)claim.Host.GetHashCode() % (uint)_writing.Length)];
        await turn.WaitAsync(cancellation);
        try
        {
            return await WriteAsync(claimant, claim, ended, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Puts an entry into the Lease of its host; the entry that stands in the way where one does.</summary>
    private async Task<RivalClaim?> WriteAsync(Claimant claimant, NewClaim claim, IReadOnlySet<ClaimEntry> ended, CancellationToken cancellation)
    {
        var entry = ClaimEntry.Of(claimant, claim);
        var lease = new ClaimLease(claim.Host, [entry]);
        for (var tries = 0; ; tries++)
        {
            try
            {
                await PutAsync(lease, cancellation);
                return null;
            }
            catch (ApiException conflict) when (tries < MostTries && (conflict.Code == HttpStatusCode.Conflict || (conflict.Code == HttpStatusCode.NotFound && lease.ResourceVersion is not null)))
            {
                if (tries > 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, Math.Min(4 * tries, LongestPause) + 1)), time, cancellation);
                var now = time.GetUtcNow();
                var known = await client.GetAsync(PathOf(claim.Host), ClaimLease.Read, cancellation);
                var held = (known?.Entries ?? []).Where(each => each.HoldsAt(now) && !ended.Contains(each)).ToLookup(each => IsRenewedBy(entry, each));
                if (Opposing(held[false], claim, claimant, ended) is { } rival)
                    return new(claim, rival, claim.Host);
                lease = new(claim.Host, [.. held[false], entry with { IsRenewal = held[true].Any() }], known?.ResourceVersion);
            }
        }
    }

    private async Task PutAsync(ClaimLease lease, CancellationToken cancellation) => _ = lease.ResourceVersion is null
        ? await client.CreateAsync(Collection, lease.Write(space), ClaimLease.Read, cancellation)
        : await client.ReplaceAsync(PathOf(lease.Host), lease.Write(space), ClaimLease.Read, cancellation);

    /// <summary>What stands in the way of hosts that are below one wildcard, or of a wildcard.</summary>
    private async Task<RivalClaim?> FindBesideAsync(Claimant claimant, ImmutableArray<NewClaim> claims, IReadOnlySet<ClaimEntry> ended, CancellationToken cancellation)
    {
        var beside = new List<ClaimLease>();
        if (claims[0].Host is { IsWildcard: true } wildcard)
            await client.ListAsync($"{Collection}?{ClaimLease.SelectorBelow(wildcard)}", ClaimLease.Read, beside.Add, cancellation);
        else if (claims[0].Host.CoveringWildcard is { } covering && await client.GetAsync(PathOf(Host.Parse(covering)), ClaimLease.Read, cancellation) is { } over)
            beside.Add(over);
        return (from lease in beside
                from claim in claims
                let entry = Opposing(lease.Entries, claim, claimant, ended)
                where entry is not null
                select new RivalClaim(claim, entry, lease.Host)).FirstOrDefault();
    }

    private ClaimEntry? Opposing(IEnumerable<ClaimEntry> entries, NewClaim claim, Claimant claimant, IReadOnlySet<ClaimEntry> ended)
    {
        var now = time.GetUtcNow();
        return entries.FirstOrDefault(entry => entry.HoldsAt(now) && entry.Opposes(claim, claimant.Reference) && !ended.Contains(entry));
    }

    /// <summary>The same Ingress takes at least as much once more, so that one entry says it all.</summary>
    private static bool IsRenewedBy(ClaimEntry entry, ClaimEntry before) => before.Namespace == entry.Namespace && before.Name == entry.Name && before.Takes.All(entry.Takes.Contains);

    private string PathOf(Host host) => $"{Collection}/{ClaimLease.NameOf(host)}";
}
