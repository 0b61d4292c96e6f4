using System.Threading.RateLimiting;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Watches lag, so a denial that rests on other objects is not given before each of them has been read from the API server itself. What was
/// read overlays the state for that one decision; only watches write the state. What could not be read is as the watch shows it.
/// </summary>
/// <param name="client">Asks the API server.</param>
/// <param name="metrics">Counts what is read.</param>
/// <param name="time">Measures the rate.</param>
/// <param name="limits">How fast all requests together may read; null for the usual.</param>
/// <param name="mostFindings">How many findings may wait, of decisions with few and of others each; null for as many as there is memory for.</param>
internal sealed class LiveReader(KubernetesApiClient client, Metrics metrics, TimeProvider time, FairRateLimits? limits = null, int? mostFindings = null) : IDisposable
{
    /// <summary>How many objects are read at a time for one request.</summary>
    private const int AtATime = 32;

    /// <summary>How many objects are read for one request at most; nearly every denial rests on one or two.</summary>
    private const int MostReads = 256;

    /// <summary>How long one read may take; a request that has less time waits less.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What a denial's findings take while it waits, with the objects that they rest on; measured.</summary>
    private const int FindingSize = 2048;

    /// <summary>Of decisions with few findings, and apart from them of all others: a tenth of what the process may have each.</summary>
    private static readonly int UsualMostFindings = (int)Math.Min(int.MaxValue, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 / FindingSize);

    private readonly Lock _reading = new();
    private readonly ConcurrencyLimiter _few = LimitOf(mostFindings ?? UsualMostFindings);
    private readonly ConcurrencyLimiter _many = LimitOf(mostFindings ?? UsualMostFindings);
    private readonly Dictionary<ObjectReference, LiveRead> _next = [];
    private readonly HashSet<ObjectReference> _running = [];
    private readonly FairRate _rate = new(limits ?? UsualLimits, time);

    /// <summary>100 objects a second, and twice as many at once. More than 5 seconds' worth waits for no namespace: no request waits longer.</summary>
    internal static FairRateLimits UsualLimits { get; } = new(Burst: 200, Period: TimeSpan.FromMilliseconds(10), MostWaiting: 500);

    /// <summary>Decides, and decides again with what is really there before anything is denied.</summary>
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
        // Waiting takes memory, and whoever has none left for it is answered by what the watch shows.
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
            // Once something is certain to be denied, or too much has been asked for, the rest is not worth its reads.
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
    /// Requests share a read that begins after each of them has arrived. One that is under way already may have seen the time before, so a
    /// request waits for the next one.
    /// </summary>
    private async Task<LiveAnswer> ReadAsync(ObjectReference reference, Payer payer, CancellationToken deadline)
    {
        // No object has such a name, and as part of a path it would lead elsewhere.
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
    /// Everybody who needs a read stands in line for it. Whose turn comes first pays, and the others leave their lines, so an exhausted namespace
    /// keeps nobody from what another one needs too.
    /// </summary>
    /// <returns>False where there is no place in the line; then it is not waited for what others may pay.</returns>
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

    /// <summary>Unless a read of the same object is under way: then it begins after that.</summary>
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
            // Whatever the reason, nobody knows better than the watch.
            return LiveAnswer.Failed(reference);
        }
    }
}
