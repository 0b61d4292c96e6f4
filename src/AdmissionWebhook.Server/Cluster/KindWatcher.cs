using System.Net;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Keeps the objects of one kind in the state: lists them, then follows what happens to them. While it lists anew, the old objects serve. What
/// goes wrong with one kind touches no other.
/// </summary>
internal sealed partial class KindWatcher(
    ResourceKind kind, KubernetesApiClient client, Current<ClusterState> cluster, WatchStatus status, WatchTimes times, TimeProvider time, ILogger<KindWatcher> logger) : BackgroundService
{
    private readonly string _path = kind.CollectionPath;
    private readonly Lock _ageing = new();
    private bool _streamsLists = true;
    private string? _version;
    private long _listed;

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        // An attempt to connect may hang for long, so what is stale cannot wait for it to fail.
        var period = times.StaleAfter / 20;
        await using var ageing = time.CreateTimer(_ => Age(isRefused: false), null, period, period);
        for (var failures = 0; !stopping.IsCancellationRequested;)
        {
            try
            {
                if (_version is null && !_streamsLists)
                    await ListAsync(stopping);
                await FollowAsync(stopping);
                failures = 0;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (ApiException refused) when (_version is null && _streamsLists && refused.Code is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity)
            {
                _streamsLists = false;
            }
            catch (ApiException gone) when (gone.IsExpired)
            {
                _version = null;
                await Task.Delay(times.DelayAfter(++failures), time, stopping);
            }
            catch (ApiException absent) when (absent.Code == HttpStatusCode.NotFound)
            {
                // The kind's CRD is not installed: there are no objects, until one day there are.
                Sync([], null);
                status.SayAbsent();
                await Task.Delay(times.LongestDelay, time, stopping);
            }
            catch (Exception error)
            {
                // Even a bug of ours: an exception that left here would stop the whole server.
                Fail(error, ++failures);
                await Task.Delay((error as ApiException)?.RetryAfter ?? times.DelayAfter(failures), time, stopping);
            }
        }
    }

    private async Task ListAsync(CancellationToken stopping)
    {
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        quiet.CancelAfter(times.QuietLimit);
        var objects = new List<KubernetesObject>();
        var version = await client.ListAsync(_path, Read, objects.Add, quiet.Token);
        Sync(objects, version);
    }

    /// <summary>Until the API server ends the watch, which it does every few minutes.</summary>
    private async Task FollowAsync(CancellationToken stopping)
    {
        if (_version is not null && time.GetElapsedTime(_listed) > times.RelistAfter)
            _version = null;
        if (_version is null && !_streamsLists)
            return;

        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        quiet.CancelAfter(times.QuietLimit);
        var initial = _version is null ? new List<KubernetesObject>() : null;
        await foreach (var happened in client.WatchAsync(_path, _version, times.NextDuration(), Read, quiet.Token))
        {
            quiet.CancelAfter(times.QuietLimit);
            if (initial is null)
            {
                Take(happened);
            }
            else if (happened.Object is { } existing)
            {
                initial.Add(existing);
            }
            else if (happened.EndsInitialList)
            {
                Sync(initial, happened.ResourceVersion);
                initial = null;
            }
        }
    }

    private void Take(WatchEvent<KubernetesObject> happened)
    {
        _version = happened.ResourceVersion;
        cluster.Change(state => happened switch
        {
            { Type: WatchEventType.Deleted, Object: { } gone } => state.Without(gone.Reference),
            { Object: { } changed } => state.With(changed),
            _ => state,
        });
        Hear();
    }

    private void Sync(List<KubernetesObject> objects, string? version)
    {
        cluster.Change(state => state.WithAll(kind, objects));
        (_version, _listed) = (version, time.GetTimestamp());

        // A list leaves more garbage than objects. Nobody waits yet, so this is the time to give it back.
        if (!status.HasSynced)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        status.Sync();
        Hear();
        Log.Listed(logger, objects.Count, kind.Plural);
    }

    private void Hear()
    {
        lock (_ageing)
        {
            if (status.IsStale)
                cluster.Change(state => state.WithKnown(kind));
            status.Hear();
        }
    }

    private void Fail(Exception error, int failures)
    {
        // A refusal is final until somebody changes a role; silence may end any moment.
        var isRefused = error is ApiException { Code: HttpStatusCode.Forbidden };
        var reason = error is OperationCanceledException ? $"nothing was heard for {times.QuietLimit.TotalSeconds:0} seconds" : error.Message;
        status.Fail(reason, isRefused);
        if (failures == 1)
            Log.Failed(logger, kind.Plural, reason);

        Age(isRefused);
    }

    private void Age(bool isRefused)
    {
        lock (_ageing)
        {
            if (status.IsStale || status.Fault is null || !(isRefused || (status.Silence >= times.StaleAfter && status.Outage >= times.Grace)))
                return;

            status.IsStale = true;
            cluster.Change(state => state.WithStale(kind));
        }

        if (status.HasSynced)
            Log.Stale(logger, kind.Plural);
    }

    private KubernetesObject Read(ReadOnlySpan<byte> json) => kind.Read(json);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Listed {Count} {Kind}")]
        public static partial void Listed(ILogger logger, int count, string kind);

        [LoggerMessage(LogLevel.Warning, "The watch of {Kind} failed and is tried again: {Reason}")]
        public static partial void Failed(ILogger logger, string kind, string reason);

        [LoggerMessage(LogLevel.Error, "The watch of {Kind} has been down for too long: what is missing counts as unknown until it works again")]
        public static partial void Stale(ILogger logger, string kind);
    }
}
