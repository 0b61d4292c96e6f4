using System.Net;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Rules.Ingresses;
using Host = AdmissionWebhook.Policy.Values.Host;

namespace AdmissionWebhook.Server.Claims;

/// <summary>
/// The claims that all replicas allowed in the last seconds, as Leases in the webhook's own namespace: one for each host, deleted once every watch
/// shows the Ingress. A replica writes all hosts of a request first and reads conflicting hosts afterwards, so at least one of two rivals sees the
/// other.
/// </summary>
/// <param name="namespace">The webhook's namespace.</param>
/// <param name="client">The client of the API server.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedClaims(string @namespace, KubernetesApiClient client, TimeProvider time)
{
    /// <summary>How many hosts of one request it claims at a time.</summary>
    private const int AtATime = 32;

    /// <summary>How many Leases it deletes at a time. One after another, deletions would be slower than the writes of a tenant.</summary>
    private const int DeletionsAtATime = 16;

    /// <summary>How often it tries to write a Lease that others change too.</summary>
    private const int MostTries = 40;

    /// <summary>The maximum wait between two tries, in milliseconds; random, so rivals do not collide again.</summary>
    private const int LongestPause = 40;

    /// <summary>Requests that write the same Lease wait for each other here, instead of conflicts at the API server.</summary>
    private readonly ImmutableArray<SemaphoreSlim> _writing = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1))];

    /// <summary>The time of new claims.</summary>
    public TimeProvider Time => time;

    private string Collection => $"apis/coordination.k8s.io/v1/namespaces/{@namespace}/leases";

    /// <summary>Takes claims for an Ingress; releases them if the request is denied.</summary>
    /// <param name="claimant">The request.</param>
    /// <param name="claims">The claims of the request.</param>
    /// <param name="ended">Claims of other Ingresses that have ended.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>The claim that another Ingress has, and that Ingress; null if the request now has all claims.</returns>
    /// <exception cref="Exception">The API server did not answer, or not in time.</exception>
    public async Task<RivalClaim?> TakeAsync(Claimant claimant, ImmutableArray<NewClaim> claims, IReadOnlySet<ClaimEntry> ended, CancellationToken cancellation)
    {
        foreach (var some in claims.Chunk(AtATime))
        {
            var written = await Task.WhenAll(some.Select(claim => WriteInTurnAsync(claimant, claim, ended, cancellation)));
            if (written.FirstOrDefault(found => found is not null) is { } rival)
                return rival;
        }

        // Hosts of one domain share one wildcard, which one read covers.
        foreach (var some in claims.GroupBy(claim => (claim.Host.IsWildcard, claim.Host.CoveringWildcard ?? claim.Host.Name)).Chunk(AtATime))
        {
            var found = await Task.WhenAll(some.Select(beside => FindBesideAsync(claimant, [.. beside], ended, cancellation)));
            if (found.FirstOrDefault(each => each is not null) is { } rival)
                return rival;
        }

        return null;
    }

    /// <summary>Removes the claims of an Ingress that is denied after all.</summary>
    public async Task ReleaseAsync(Claimant claimant, ImmutableArray<NewClaim> claims, CancellationToken cancellation)
    {
        foreach (var claim in claims)
        {
            if (await client.GetAsync(PathOf(claim.Host), ClaimLease.Read, cancellation) is { } lease && lease.Entries.Any(GoesWith))
                await PutAsync(lease with { Entries = lease.Entries.RemoveAll(GoesWith) }, cancellation);
        }

        bool GoesWith(ClaimEntry entry) => entry.IsOf(claimant) && !entry.IsRenewal;
    }

    /// <summary>Deletes every Lease whose entries have ended, of any replica.</summary>
    public async Task CleanAsync(CancellationToken cancellation)
    {
        var ended = new List<ClaimLease>();
        var now = time.GetUtcNow();
        await client.ListAsync($"{Collection}?{ClaimLease.Selector}", ClaimLease.Read, lease => { if (lease.EndsAt + ClaimEntry.Lifetime < now) ended.Add(lease); }, cancellation);
        await Parallel.ForEachAsync(ended, new ParallelOptions { MaxDegreeOfParallelism = DeletionsAtATime, CancellationToken = cancellation }, DeleteAsync);
    }

    /// <summary>An Ingress in the API server; null if it does not exist.</summary>
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
            // Another request claimed the host again, or was faster.
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

    /// <summary>Adds an entry to the Lease of its host; returns the conflicting entry if there is one.</summary>
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
        ? await client.CreateAsync(Collection, lease.Write(@namespace), ClaimLease.Read, cancellation)
        : await client.ReplaceAsync(PathOf(lease.Host), lease.Write(@namespace), ClaimLease.Read, cancellation);

    /// <summary>The conflicting entry for hosts below one wildcard, or for a wildcard.</summary>
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

    /// <summary>Whether the same Ingress claims at least as much again, so one entry is enough.</summary>
    private static bool IsRenewedBy(ClaimEntry entry, ClaimEntry before) => before.Namespace == entry.Namespace && before.Name == entry.Name && before.Takes.All(entry.Takes.Contains);

    private string PathOf(Host host) => $"{Collection}/{ClaimLease.NameOf(host)}";
}
