using System.Net;
using System.Threading.RateLimiting;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Rules.Ingresses;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Claims;

/// <summary>
/// Makes a claim count from the moment of its decision: the replicas never allow two concurrent requests for one host. If Leases are forbidden, only
/// the claims of this replica count, and the log and a metric report it. If the API server does not store a claim in time, the request is denied.
/// </summary>
/// <param name="metrics">Counts claims.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
/// <param name="seen">The new Ingresses of the watch in the last seconds.</param>
/// <param name="shared">The claims that all replicas share; null without an API server.</param>
internal sealed partial class ClaimLedger(Metrics metrics, TimeProvider time, ILogger<ClaimLedger> logger, SeenIngresses seen, SharedClaims? shared = null) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>How long the watch can take to show that an Ingress gave up a claim.</summary>
    private static readonly TimeSpan WatchLag = TimeSpan.FromMilliseconds(300);

    /// <summary>After this time the API server has stored the request, unless other webhooks take very long.</summary>
    private static readonly TimeSpan AnswerLag = TimeSpan.FromSeconds(2);

    /// <summary>The maximum number of other claims that the ledger checks for one request.</summary>
    private const int MostRivals = 8;

    private static readonly TimeSpan CleanEvery = TimeSpan.FromSeconds(15);

    private readonly LocalClaims _local = new(shared?.Time ?? time);

    /// <summary>
    /// A Lease costs two writes to etcd, so the ledger limits a tenant to 5,000 hosts at once and 100 a second. All missing namespaces share
    /// one such limit.
    /// </summary>
    private readonly PartitionedRateLimiter<string> _rate = PartitionedRateLimiter.Create<string, string>(@namespace => RateLimitPartition.GetTokenBucketLimiter(
        @namespace,
        _ => new() { TokenLimit = 5000, TokensPerPeriod = 500, ReplenishmentPeriod = TimeSpan.FromSeconds(5), QueueLimit = 0 }));

    private readonly LogInterval _unshared = new(time, TimeSpan.FromSeconds(60));

    /// <summary>The decision after its claims: unchanged, unless another Ingress was allowed to claim one of them a moment ago.</summary>
    public ValueTask<Decision> ClaimAsync(Decision decision, Subject subject, PolicySet policies, ClusterState cluster, Deadline deadline)
    {
        if (!decision.IsAllowed || subject.Object is not Ingress ingress || subject.IsDryRun)
            return new(decision);

        var claims = NewClaims.Of(subject, policies, cluster);
        var isCreation = subject.OldObject is null;
        return claims.IsEmpty ? new(decision) : new(ClaimAsync(
            decision,
            Payer.Of(subject, cluster).Namespace ?? "",
            new(ingress.Reference, (shared?.Time ?? time).GetUtcNow(), isCreation),
            claims,
            isCreation && cluster.Find<Ingress>(ingress.Metadata.Namespace, ingress.Metadata.Name).Found is not null,
            deadline));
    }

    public override void Dispose()
    {
        _rate.Dispose();
        base.Dispose();
    }

    /// <summary>Deletes ended claims, also those of stopped replicas.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (shared is null)
            return;

        using var tick = new PeriodicTimer(CleanEvery, time);
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await shared.CleanAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                Tell(error);
            }
        }
    }

    private async Task<Decision> ClaimAsync(Decision decision, string payer, Claimant claimant, ImmutableArray<NewClaim> claims, bool mayExist, Deadline deadline)
    {
        using var lease = _rate.AttemptAcquire(payer, claims.Length);
        if (!lease.IsAcquired)
        {
            metrics.CountClaims("limited", claims.Length);
            return Refuse(decision, new(claims[0].Field, $"namespace \"{claimant.Reference.Namespace}\" claims too many hosts at once", "Try again in a few seconds"));
        }

        var ended = new HashSet<ClaimEntry>();
        try
        {
            for (var tries = 0; ; tries++)
            {
                if (_local.Take(claimant, claims, ended) is not { } rival)
                {
                    if (shared is null)
                        return Grant(decision, claims, "granted");
                    if (await shared.TakeAsync(claimant, claims, ended, deadline.Token) is not { } distant)
                    {
                        if (mayExist)
                            _ = ReleaseIfRefusedAsync(claimant, claims);
                        return Grant(decision, claims, "granted");
                    }

                    _local.Release(claimant, claims);
                    rival = distant;
                }

                if (tries < MostRivals && await HasEndedAsync(rival, deadline.Token))
                {
                    ended.Add(rival.Rival);
                    continue;
                }

                _ = ReleaseAsync(claimant, claims);
                return Refuse(decision, rival, claims);
            }
        }
        catch (ApiException error) when (error.Code is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.NotFound)
        {
            // Leases are forbidden, or their namespace does not exist. Only the claims of this replica count.
            Tell(error);
            return _local.Take(claimant, claims, ended) is { } rival ? Refuse(decision, rival, claims) : Grant(decision, claims, "unshared");
        }
        catch (Exception)
        {
            // A tenant that slows the API server down, or fills a Lease, must not gain a claim by it.
            _ = ReleaseAsync(claimant, claims);
            metrics.CountClaims("late", claims.Length);
            return Refuse(decision, new(claims[0].Field, $"the API server did not store the claim of host \"{claims[0].Host}\" in time", "Try again"));
        }
    }

    /// <summary>
    /// Whether the Ingress of a claim was stored and then gave the host up: the watch showed it with the host, and afterwards the API server has it
    /// without the host, or not at all. In the other order the API server could store it between the two checks. This works only for this replica's
    /// own claims of a new Ingress; for others the write is unknown.
    /// </summary>
    private async Task<bool> HasEndedAsync(RivalClaim rival, CancellationToken cancellation) =>
        shared is not null
        && _local.IsOnlyCreation(rival.Rival, rival.Host)
        && !await HasHostAsync(rival, cancellation)
        && await seen.HasSeenAsync(rival.Rival, rival.Host, WatchLag)
        && !await HasHostAsync(rival, cancellation);

    private async Task<bool> HasHostAsync(RivalClaim rival, CancellationToken cancellation) =>
        (await shared!.FindAsync(new(ResourceKind.Ingress, rival.Rival.Namespace, rival.Rival.Name), cancellation))?.ClaimedHosts.Contains(rival.Host) is true;

    private Decision Grant(Decision decision, ImmutableArray<NewClaim> claims, string result)
    {
        metrics.CountClaims(result, claims.Length);
        return decision;
    }

    /// <summary>
    /// The API server rejects a create of an existing object, so such a request holds no host for long, unless the old object was deleted meanwhile.
    /// </summary>
    private async Task ReleaseIfRefusedAsync(Claimant claimant, ImmutableArray<NewClaim> claims)
    {
        try
        {
            await Task.Delay(AnswerLag, time, default);
            var stored = await shared!.FindAsync(claimant.Reference, default);
            await ReleaseAsync(claimant, [.. claims.Where(claim => stored?.ClaimedHosts.Contains(claim.Host) is not true)]);
        }
        catch (Exception)
        {
            // It ends by itself.
        }
    }

    private async Task ReleaseAsync(Claimant claimant, ImmutableArray<NewClaim> claims)
    {
        _local.Release(claimant, claims);
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            if (shared is not null)
                await shared.ReleaseAsync(claimant, claims, patience.Token);
        }
        catch (Exception)
        {
            // It ends by itself.
        }
    }

    private Decision Refuse(Decision decision, RivalClaim found, ImmutableArray<NewClaim> claims)
    {
        metrics.CountClaims("refused", claims.Length);
        var (claim, rival, _) = found;
        return Refuse(decision, new(
            claim.Field,
            $"host \"{claim.Host}\" was claimed a moment ago by Ingress {rival.Namespace}/{rival.Name}",
            $"Use another host; if that Ingress does not exist in {ClaimEntry.Lifetime.TotalSeconds:0} seconds, try again"));
    }

    private static Decision Refuse(Decision decision, Violation violation) =>
        decision with { Findings = decision.Findings.Add(new(RuleCatalog.HostConflict, violation, Enforcement.Deny, FindingStatus.Violated)) };

    private void Tell(Exception error)
    {
        if (_unshared.Passes())
            Log.Unshared(logger, error.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Cannot share claims of hosts with the other replicas; two Ingresses that are created at once can get the same host: {Reason}")]
        public static partial void Unshared(ILogger logger, string reason);
    }
}
