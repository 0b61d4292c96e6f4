using System.Threading.RateLimiting;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Watches lag, so before a denial that depends on other objects it reads each of them from the API server. The
/// results overlay the state for that one decision; only watches write the state. After a failed read the state of the watch counts.
/// </summary>
/// <param name="client">The client of the API server.</param>
/// <param name="metrics">Counts the reads.</param>
/// <param name="time">The clock of the rate.</param>
/// <param name="limits">The rate of all requests together; null for the default.</param>
/// <param name="mostFindings">The maximum number of waiting findings, for decisions with few findings and for others each; null for a limit by
/// memory.</param>
internal sealed class LiveReader(KubernetesApiClient client, Metrics metrics, TimeProvider time, FairRateLimits? limits = null, int? mostFindings = null) : IDisposable
{
    /// <summary>How many objects it reads at a time for one request.</summary>
    private const int AtATime = 32;

    /// <summary>The maximum number of objects that it reads for one request; nearly every denial depends on one or two.</summary>
    private const int MostReads = 256;

    /// <summary>The time limit of one read; a request with less time waits less.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The measured memory of one finding of a waiting denial, with the objects that it depends on.</summary>
    private const int FindingSize = 2048;

    /// <summary>A tenth of the memory of the process for decisions with few findings, and another tenth for all others.</summary>
    private static readonly int UsualMostFindings = (int)Math.Min(int.MaxValue, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 / FindingSize);

    private readonly Lock _reading = new();
    private readonly ConcurrencyLimiter _few = LimitOf(mostFindings ?? UsualMostFindings);
    private readonly ConcurrencyLimiter _many = LimitOf(mostFindings ?? UsualMostFindings);
    private readonly Dictionary<ObjectReference, LiveRead> _next = [];
    private readonly HashSet<ObjectReference> _running = [];
    private readonly FairRate _rate = new(limits ?? UsualLimits, time);

    /// <summary>
    /// 100 objects a second, and 200 at once. At most 5 seconds' worth of reads waits for a namespace, because no request waits longer.
    /// </summary>
    internal static FairRateLimits UsualLimits { get; } = new(Burst: 200, Period: TimeSpan.FromMilliseconds(10), MostWaiting: 500);

    /// <summary>Decides, and before a denial decides again with the live objects.</summary>
    public ValueTask<Decision> DecideAsync(Subject subject, PolicySet policies, ClusterState state, Deadline deadline)
    {
        var budget = new Budget(Budget.UsualSteps, deadline.IsOver);
        var decision = PolicyEngine.Decide(subject, policies, state, budget);
        return decision.IsAllowed ? new(decision) : new(DecideAgainAsync(decision, subject, policies, state, budget, deadline));
    }

    public void Dispose()
    {
        _rate.Dispose();
        _few.Dispose();
        _many.Dispose();
    }

    private static ConcurrencyLimiter LimitOf(int findings) => new(new() { PermitLimit = findings, QueueLimit = 0 });

    private async Task<Decision> DecideAgainAsync(Decision decision, Subject subject, PolicySet policies, ClusterState state, Budget budget, Deadline deadline)
    {
        // Waiting takes memory; without memory the state of the watch decides.
        var size = Math.Clamp(decision.Findings.Length, 1, mostFindings ?? UsualMostFindings);
        using var room = (size <= AtATime ? _few : _many).AttemptAcquire(size);
        if (!room.IsAcquired)
        {
            metrics.CountLiveRead("refused");
            return decision;
        }

        var (read, payer) = (new HashSet<ObjectReference>(), Payer.Of(subject, state));
        while (decision.RestsOn.Where(reference => !read.Contains(reference)).ToList() is { Count: > 0 } doubtful)
        {
            // Once a denial is certain, or the read limit is reached, more reads are useless.
            var isSettled = read.Count > 0 && decision.Denials.Any(denial => denial.Violation.RestsOn.All(read.Contains));
            if (isSettled || read.Count >= MostReads || deadline.HasPassed)
                break;

            var some = doubtful.Take(Math.Min(AtATime, MostReads - read.Count));
            var answers = await Task.WhenAll(some.Select(reference => ReadAsync(reference, payer, deadline.Token)));
            read.UnionWith(answers.Select(answer => answer.Reference));
            state = answers.Aggregate(state, (known, answer) => answer.ApplyTo(known));
            decision = PolicyEngine.Decide(subject, policies, state, budget);
        }

        return decision;
    }

    /// <summary>
    /// Requests share a read that begins after all of them arrived. A read in progress may show an older state, so a
    /// new request waits for the next read.
    /// </summary>
    private async Task<LiveAnswer> ReadAsync(ObjectReference reference, Payer payer, CancellationToken deadline)
    {
        // No object has such a name, and in a path it would address another resource.
        if (reference.Name is "." or "..")
            return LiveAnswer.Missing(reference);

        LiveRead read;
        using var needless = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        lock (_reading)
        {
            if (!_next.TryGetValue(reference, out read!))
                _next[reference] = read = new(reference);
            read.Payers.Add(needless);
        }

        try
        {
            return read.IsPaid || await PayAsync(read, payer, needless) ? await read.Answer.WaitAsync(deadline) : LiveAnswer.Failed(reference);
        }
        catch (OperationCanceledException)
        {
            return LiveAnswer.Failed(reference);
        }
        finally
        {
            lock (_reading)
                read.Payers.Remove(needless);
        }
    }

    /// <summary>
    /// Every request that needs a read waits in a queue. The first one that gets a turn pays, and the others leave their queues. So an exhausted
    /// namespace does not delay a read that another namespace needs too.
    /// </summary>
    /// <returns>False without a place in the queue; then the request does not wait for the payment of others.</returns>
    private async Task<bool> PayAsync(LiveRead read, Payer payer, CancellationTokenSource needless)
    {
        var hasTurn = await _rate.WaitAsync(payer, needless.Token);
        lock (_reading)
        {
            read.Payers.Remove(needless);
            if (read.IsPaid)
                return true;

            if (hasTurn)
            {
                read.Pay();
                Begin(read);
                return true;
            }

            if (read.Payers.Count == 0)
                _next.Remove(read.Reference);
        }

        metrics.CountLiveRead("refused");
        return false;
    }

    /// <summary>Starts the read; if a read of the same object is in progress, it begins after that.</summary>
    private void Begin(LiveRead read)
    {
        if (!read.IsPaid || !_running.Add(read.Reference))
            return;

        _next.Remove(read.Reference);
        _ = RunAsync(read);
    }

    private async Task RunAsync(LiveRead read)
    {
        await Task.Yield();
        var answer = await AskAsync(read.Reference);
        lock (_reading)
        {
            _running.Remove(read.Reference);
            if (_next.TryGetValue(read.Reference, out var next))
                Begin(next);
        }

        metrics.CountLiveRead(!answer.WasRead ? "failed" : answer.Object is null ? "missing" : "found");
        read.SetAnswer(answer);
    }

    private async Task<LiveAnswer> AskAsync(ObjectReference reference)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            return new(reference, await client.GetAsync(reference.ObjectPath, json => reference.Kind.Read(json), patience.Token), WasRead: true);
        }
        catch (Exception)
        {
            // After any error the state of the watch is the best one.
            return LiveAnswer.Failed(reference);
        }
    }
}
