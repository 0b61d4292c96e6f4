using System.Threading.RateLimiting;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Watches lag, so a denial that rests on other objects is not given before each of them has been read from the API server itself. What was
/// read overlays the state for that one decision; only watches write the state.
/// </summary>
/// <param name="client">Asks the API server.</param>
/// <param name="metrics">Counts what is read.</param>
/// <param name="rate">How fast all requests together may read; null for the usual.</param>
internal sealed class LiveReader(KubernetesApiClient client, Metrics metrics, TokenBucketRateLimiterOptions? rate = null) : IAsyncDisposable
{
    /// <summary>How many objects are read at a time for one request.</summary>
    private const int AtATime = 32;

    /// <summary>How many objects are read for one request at most; nearly every denial rests on one or two.</summary>
    private const int MostReads = 256;

    private readonly Lock _reading = new();
    private readonly Dictionary<ObjectReference, Reads> _reads = [];
    private readonly TokenBucketRateLimiter _rate = new(rate ?? UsualRate);

    /// <summary>100 objects a second, and twice as many at once.</summary>
    internal static TokenBucketRateLimiterOptions UsualRate => new()
    {
        TokenLimit = 200,
        TokensPerPeriod = 20,
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(200),
        QueueLimit = 10_000,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    };

    /// <summary>Decides, and decides again with what is really there before anything is denied.</summary>
    public ValueTask<Decision> DecideAsync(Subject subject, PolicySet policies, ClusterState state, Deadline deadline)
    {
        var budget = new Budget(Budget.UsualSteps, deadline.IsOver);
        var decision = PolicyEngine.Decide(subject, policies, state, budget);
        return decision.IsAllowed ? new(decision) : new(DecideAgainAsync(decision, subject, policies, state, budget, deadline));
    }

    public ValueTask DisposeAsync() => _rate.DisposeAsync();

    private async Task<Decision> DecideAgainAsync(Decision decision, Subject subject, PolicySet policies, ClusterState state, Budget budget, Deadline deadline)
    {
        var read = new HashSet<ObjectReference>();
        while (decision.RestsOn.Where(reference => !read.Contains(reference)).ToList() is { Count: > 0 } doubtful)
        {
            // Once something is certain to be denied, or too much has been asked for, the rest is not worth its reads.
            var isSettled = read.Count > 0 && decision.Denials.Any(denial => denial.Violation.RestsOn.All(read.Contains));
            var answers = isSettled || read.Count >= MostReads
                ? [.. doubtful.Select(reference => new Answer(reference, null, IsUnknown: true))]
                : await Task.WhenAll(doubtful.Take(Math.Min(AtATime, MostReads - read.Count)).Select(reference => ReadAsync(reference, deadline.Token)));
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
    private async Task<Answer> ReadAsync(ObjectReference reference, CancellationToken deadline)
    {
        Task<Answer> answer;
        lock (_reading)
        {
            if (!_reads.TryGetValue(reference, out var reads))
                _reads[reference] = reads = new(ReadNowAsync(reference), null);
            else if (reads.Next is null)
                _reads[reference] = reads = reads with { Next = ReadNextAsync(reference, reads.Running) };
            answer = reads.Next ?? reads.Running;
        }

        try
        {
            return await answer.WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            return new(reference, null, IsUnknown: true);
        }
    }

    private async Task<Answer> ReadNextAsync(ObjectReference reference, Task running)
    {
        await running;
        return await ReadNowAsync(reference);
    }

    private async Task<Answer> ReadNowAsync(ObjectReference reference)
    {
        await Task.Yield();
        var answer = await AskAsync(reference);
        metrics.CountLiveRead(answer.IsUnknown ? "failed" : answer.Object is null ? "missing" : "found");
        return answer;
    }

    private async Task<Answer> AskAsync(ObjectReference reference)
    {
        try
        {
            // No object has such a name, and as part of a path it would lead elsewhere.
            if (reference.Name is "." or "..")
                return new(reference, null, IsUnknown: false);

            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            using var lease = await _rate.AcquireAsync(1, patience.Token);
            if (!lease.IsAcquired)
                return new(reference, null, IsUnknown: true);

            return new(reference, await client.GetAsync(reference.ObjectPath, json => reference.Kind.Read(json), patience.Token), IsUnknown: false);
        }
        catch (Exception)
        {
            // Whatever the reason, nobody can tell, and what nobody can tell denies nothing.
            return new(reference, null, IsUnknown: true);
        }
        finally
        {
            lock (_reading)
            {
                if (_reads.Remove(reference, out var reads) && reads.Next is { } next)
                    _reads[reference] = new(next, null);
            }
        }
    }

    private sealed record Reads(Task<Answer> Running, Task<Answer>? Next);

    private sealed record Answer(ObjectReference Reference, KubernetesObject? Object, bool IsUnknown)
    {
        /// <summary>
        /// What could not be read is unknown, but for an Ingress that a working watch shows: it keeps its hosts, or whoever kept the API server
        /// busy for a while could take them.
        /// </summary>
        public ClusterState ApplyTo(ClusterState state) =>
            !IsUnknown ? Object is null ? state.Without(Reference) : state.With(Object)
            : Reference.Kind == ResourceKind.Ingress && state.Knows(Reference.Kind) ? state
            : state.WithUnknown(Reference);
    }
}
