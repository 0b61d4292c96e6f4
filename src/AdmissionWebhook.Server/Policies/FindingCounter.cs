using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Policies;

/// <summary>
/// Checks, on the leader, all objects in the state by each policy alone. It repeats this after a change of the state or the policies, or the end of
/// an exemption. It works in small pieces and pauses after each, so requests always find a core.
/// </summary>
internal sealed partial class FindingCounter(
    Current<PolicySet> policies, Current<ClusterState> cluster, IEnumerable<WatchStatus> watches, LeaderElection election, LeaderTimes times, TimeProvider time, ILogger<FindingCounter> logger)
    : BackgroundService
{
    private const int PieceSize = 200;

    /// <summary>The ratio of its pauses to its work.</summary>
    private const int RestFactor = 4;

    private volatile ImmutableDictionary<string, Findings> _findings = ImmutableDictionary<string, Findings>.Empty;

    /// <summary>The findings of a policy; null before the first count.</summary>
    public Findings? Of(string policy) => _findings.GetValueOrDefault(policy);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        var last = default(Basis);
        using var tick = new PeriodicTimer(times.CountEvery, time);
        do
        {
            if (!election.IsLeader)
                (_findings, last) = (ImmutableDictionary<string, Findings>.Empty, default);

            var basis = new Basis(policies.Value, cluster.Value, time.GetUtcNow());
            if (!election.IsLeader || !watches.All(watch => watch.IsSettled) || !basis.DiffersFrom(last))
                continue;

            try
            {
                _findings = await CountAsync(basis, stopping);
                last = basis;
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                Log.Failed(logger, bug);
            }
        }
        while (await tick.WaitForNextTickAsync(stopping));
    }

    private async Task<ImmutableDictionary<string, Findings>> CountAsync(Basis basis, CancellationToken stopping)
    {
        var counted = ImmutableDictionary.CreateBuilder<string, Findings>();
        foreach (var policy in basis.Policies.Policies)
        {
            var (alone, findings) = (basis.Policies with { Policies = [policy] }, new Findings());
            foreach (var piece in basis.Cluster.Objects.Chunk(PieceSize))
            {
                var begun = time.GetTimestamp();
                foreach (var stored in piece)
                    Count(stored, alone, basis, findings);
                await Task.Delay(time.GetElapsedTime(begun) * RestFactor, time, stopping);
            }

            counted[policy.Name] = findings;
        }

        return counted.ToImmutable();
    }

    /// <summary>Counts the other objects even if the check of one fails.</summary>
    private void Count(KubernetesObject stored, PolicySet policies, Basis basis, Findings findings)
    {
        try
        {
            findings.Add(PolicyEngine.Decide(Subject.OfAudit(stored, basis.Time), policies, basis.Cluster));
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            Log.NotJudged(logger, stored.Reference.ToString(), bug);
        }
    }

    /// <summary>The input of a count.</summary>
    private readonly record struct Basis(PolicySet Policies, ClusterState Cluster, DateTimeOffset Time)
    {
        public bool DiffersFrom(Basis earlier)
        {
            var (now, then) = (Time, earlier.Time);
            return Policies != earlier.Policies || Cluster != earlier.Cluster || Policies.Policies.Any(policy =>
                earlier.Policies.Exemptions.Any(exemption => exemption.HoldsAt(now, policy.MaxExemptionLifetime) != exemption.HoldsAt(then, policy.MaxExemptionLifetime)));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Cannot check {Object}; it is not counted")]
        public static partial void NotJudged(ILogger logger, string @object, Exception bug);

        [LoggerMessage(LogLevel.Error, "Cannot count the violations of policies")]
        public static partial void Failed(ILogger logger, Exception bug);
    }
}
