using System.Collections.Concurrent;

namespace AdmissionWebhook.TestSupport;

/// <summary>What an API server does wrong.</summary>
public sealed class Faults : IDisposable
{
    private readonly ConcurrentQueue<(string Path, bool? Watch, int Code, string Reason)> _once = new();
    private readonly ConcurrentDictionary<string, (int Code, string Reason)> _always = new();
    private volatile TaskCompletionSource? _silence, _hold;
    private CancellationTokenSource _cut = new();

    /// <summary>The only token it accepts; null for none needed.</summary>
    public string? Token { get; set; }

    /// <summary>Whether it knows streaming lists (sendInitialEvents).</summary>
    public bool StreamsLists { get; set; }

    /// <summary>Whether a streamed list begins with what was there long ago, and goes on with all that has happened since: the server's own cache lags.</summary>
    public bool ListsLag { get; set; }

    /// <summary>How many objects a page of a list has at most.</summary>
    public int LargestPage { get; set; } = int.MaxValue;

    /// <summary>After how many seconds whom it refuses for a while (429, 503) is to come again; null for a second after 429, and for whenever they like after 503.</summary>
    public int? RetryAfter { get; set; }

    /// <summary>Whether it says so by the instant, as proxies do; by its own clock, which is years behind.</summary>
    public bool NamesInstants { get; set; }

    /// <summary>Whether it says so in the details of the Status alone, as within a watch.</summary>
    public bool HidesRetryAfter { get; set; }

    /// <summary>How many more watches end as soon as they have begun.</summary>
    public int EndingWatches { get; set; }

    /// <summary>A Status with which the next watch ends; null for none.</summary>
    public string? WatchError { get; set; }

    /// <summary>Whether a cut is a broken connection rather than a proper end.</summary>
    public bool AbortsConnections { get; set; }

    /// <summary>Whether changes are left out of watches.</summary>
    public bool DropsEvents { get; set; }

    /// <summary>Whether each change is told twice.</summary>
    public bool RepeatsEvents { get; set; }

    /// <summary>A field of a status that the definition of the kind does not have, so that it is not stored; null for none.</summary>
    public string? UnknownStatusField { get; set; }

    /// <summary>Ends every watch there is when cancelled.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Answers the next request for a path, or the next watch of it, with an error.</summary>
    public void AnswerOnce(string path, int code, string reason, bool? watch = null) => _once.Enqueue((path, watch, code, reason));

    /// <summary>Answers every request for a path, or only those of a method (<c>PUT /api/…</c>), with an error; a code of zero ends that.</summary>
    public void AnswerAlways(string path, int code, string reason)
    {
        if (code == 0)
            _always.TryRemove(path, out _);
        else
            _always[path] = (code, reason);
    }

    /// <summary>Ends every watch there is.</summary>
    public void CutWatches() => Interlocked.Exchange(ref _cut, new()).Cancel();

    /// <summary>Takes connections and requests, and says nothing more: a connection that is open in one direction alone.</summary>
    public void FallSilent() => _silence = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Speaks again.</summary>
    public void SpeakAgain() => Interlocked.Exchange(ref _silence, null)?.SetResult();

    /// <summary>Looks objects up, and keeps what it found to itself for a while; of a list, the end.</summary>
    public void HoldAnswers() => _hold = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gives the answers it held back, old as they are.</summary>
    public void GiveAnswers() => Interlocked.Exchange(ref _hold, null)?.SetResult();

    /// <inheritdoc/>
    public void Dispose() => _cut.Dispose();

    internal Task WaitAsync(CancellationToken cancellation) => _silence?.Task.WaitAsync(cancellation) ?? Task.CompletedTask;

    internal Task HoldAsync(CancellationToken cancellation) => _hold?.Task.WaitAsync(cancellation) ?? Task.CompletedTask;

    internal int Repeats(string type) => type is "BOOKMARK" or "ERROR" ? 1 : DropsEvents ? 0 : RepeatsEvents ? 2 : 1;

    internal (int Code, string Reason)? TakeAnswer(string method, string path, bool isWatch)
    {
        if (_always.TryGetValue(path, out var always) || _always.TryGetValue($"{method} {path}", out always))
            return always;
        return _once.TryPeek(out var once) && once.Path == path && (once.Watch is null || once.Watch == isWatch) && _once.TryDequeue(out once) ? (once.Code, once.Reason) : null;
    }
}
