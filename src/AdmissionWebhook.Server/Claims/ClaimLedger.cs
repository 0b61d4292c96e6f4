using System.Threading.RateLimiting;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Rules.Ingresses;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Claims;

/// <summary>
/// Makes a claim count from the moment at which it is allowed: two requests for one host at once are not both allowed, in whichever replicas they are decided. Where the
/// API server cannot be asked, this replica's own claims still count, and a log and a metric tell.
/// </summary>
/// <param name="metrics">Counts claims.</param>
/// <param name="time">Tells the time.</param>
/// <param name="logger">Where it says what people should know.</param>
/// <param name="shared">What other replicas have allowed; null without an API server.</param>
internal sealed partial class ClaimLedger(Metrics metrics, TimeProvider time, ILogger<ClaimLedger> logger, SharedClaims? shared = null) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CleanEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenLogs = TimeSpan.FromSeconds(60);

    private readonly LocalClaims _local = new(time);

    /// <summary>A Lease is two writes to etcd, so a tenant may have only so many: 5,000 hosts at once, and 100 a second.</summary>
    private readonly PartitionedRateLimiter<string> _rate = PartitionedRateLimiter.Create<string, string>(space => RateLimitPartition.GetTokenBucketLimiter(
        space,
        _ => new() { TokenLimit = 5000, TokensPerPeriod = 500, ReplenishmentPeriod = TimeSpan.FromSeconds(5), QueueLimit = 0 }));

    private long _lastLog;

    /// <summary>What became of a decision once its claims have been asked for: nothing, but where another Ingress was allowed to take one a moment ago.</summary>
    public ValueTask<Decision> ClaimAsync(Decision decision, Subject subject, PolicySet policies, ClusterState cluster, Deadline deadline)
    {
        if (!decision.IsAllowed || subject.Object is not Ingress ingress || subject.IsDryRun)
            return new(decision);

        var claims = NewClaims.Of(subject, policies, cluster);
        return claims.IsEmpty ? new(decision) : new(ClaimAsync(decision, ingress.Reference, claims, deadline));
    }

    public override void Dispose()
    {
        _rate.Dispose();
        base.Dispose();
    }

    /// <summary>Deletes what has ended, also of replicas that are gone.</summary>
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

    private async Task<Decision> ClaimAsync(Decision decision, ObjectReference claimant, ImmutableArray<NewClaim> claims, Deadline deadline)
    {
        using var lease = _rate.AttemptAcquire(claimant.Namespace ?? "", claims.Length);
        if (!lease.IsAcquired)
        {
            metrics.CountClaims("limited", claims.Length);
            return Refuse(decision, new(claims[0].Field, $"namespace {claimant.Namespace} claims too many hosts at once", "Try again in some seconds"));
        }

        if (_local.Take(claimant, claims) is { } here)
            return Refuse(decision, here, claims);
        if (shared is null)
            return decision;

        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
            patience.CancelAfter(Patience);
            if (await shared.TakeAsync(claimant, claims, patience.Token) is not { } rival)
            {
                metrics.CountClaims("granted", claims.Length);
                return decision;
            }

            _local.Release(claimant, claims);
            _ = ReleaseAsync(claimant, claims);
            return Refuse(decision, rival, claims);
        }
        catch (Exception error)
        {
            // Whatever the reason: it is as it was before there were shared claims.
            metrics.CountClaims("unshared", claims.Length);
            Tell(error);
            return decision;
        }
    }

    private async Task ReleaseAsync(ObjectReference claimant, ImmutableArray<NewClaim> claims)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            await shared!.ReleaseAsync(claimant, claims, patience.Token);
        }
        catch (Exception)
        {
            // It ends by itself.
        }
    }

    private Decision Refuse(Decision decision, RivalClaim found, ImmutableArray<NewClaim> claims)
    {
        metrics.CountClaims("refused", claims.Length);
        var (claim, rival) = found;
        return Refuse(decision, new(
            claim.Field,
            $"host {claim.Host} is being claimed by Ingress {rival.Namespace}/{rival.Name} at this moment",
            $"Use another host, or try again in {ClaimEntry.Lifetime.TotalSeconds:0} seconds if that Ingress does not exist then"));
    }

    private static Decision Refuse(Decision decision, Violation violation) =>
        decision with { Findings = decision.Findings.Add(new(RuleCatalog.HostConflict, violation, Enforcement.Deny, FindingStatus.Violated)) };

    private void Tell(Exception error)
    {
        var (now, last) = (time.GetTimestamp(), Volatile.Read(ref _lastLog));
        if ((last == 0 || time.GetElapsedTime(last, now) >= BetweenLogs) && Interlocked.CompareExchange(ref _lastLog, now, last) == last)
            Log.Unshared(logger, error is OperationCanceledException ? "no answer came in time" : error.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Claims of hosts are not shared with the other replicas, so two Ingresses that are created at once can get one host: {Reason}")]
        public static partial void Unshared(ILogger logger, string reason);
    }
}
