using System.Net;
using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Follows the objects of one collection: lists them, then watches their changes. During a new list the old objects stay in use. An error
/// of one collection does not affect another, and an unreadable object affects only itself.
/// </summary>
/// <param name="path">The collection: <c>api/v1/services</c>; a query can select a part of it.</param>
/// <param name="client">The client of the API server.</param>
/// <param name="status">Receives the state of the watch.</param>
/// <param name="times">The waits and time limits.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal abstract partial class Watcher<T>(string path, KubernetesApiClient client, WatchStatus status, WatchTimes times, TimeProvider time, ILogger logger) : BackgroundService
    where T : class
{
    private const int LongList = 1000;

    /// <summary>A watch without events lasts for minutes. One that ends sooner than this does not count.</summary>
    private static readonly TimeSpan Fleeting = TimeSpan.FromSeconds(1);

    private readonly Lock _ageing = new();
    private bool _streamsLists = true, _isKept;
    private string? _version;
    private long _listed;
    private int _fleeting;

    private string Plural => path[(path.LastIndexOf('/') + 1)..].Split('?')[0];

    /// <summary>Whether the webhook needs the objects.</summary>
    protected virtual bool IsWanted => true;

    /// <summary>Starts a list: the next objects belong to it, until <see cref="Replace"/> or another start.</summary>
    protected virtual void BeginList()
    {
    }

    /// <summary>Reads one object. If it throws, only that object is unreadable.</summary>
    protected abstract T Read(ReadOnlySpan<byte> json);

    /// <summary>The unique name of an object, which never changes.</summary>
    protected abstract ObjectName NameOf(T known);

    /// <summary>The last good version, which replaces an unreadable object; null if the object counts as absent.</summary>
    protected virtual T? LastGood(ObjectName name) => null;

    /// <summary>Replaces all objects by these, each once.</summary>
    protected abstract void Replace(IReadOnlyCollection<T> all);

    /// <summary>An object is new or has changed.</summary>
    protected abstract void Put(T changed);

    /// <summary>An object was deleted.</summary>
    protected abstract void Remove(ObjectName gone);

    /// <summary>The webhook no longer needs the objects.</summary>
    protected virtual void Forget()
    {
    }

    /// <summary>The watch is down for too long to know which objects are missing.</summary>
    protected virtual void MarkUncertain()
    {
    }

    /// <summary>The watch works again after it was stale.</summary>
    protected virtual void MarkCertain()
    {
    }

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        // An attempt to connect can hang for long, so a timer detects a stale watch.
        var period = times.StaleAfter / 20;
        await using var ageing = time.CreateTimer(_ => Age(isRefused: false), null, period, period);
        for (var failures = 0; !stopping.IsCancellationRequested;)
        {
            try
            {
                if (!IsWanted)
                {
                    await RestAsync(stopping);
                    continue;
                }

                status.Resume();
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
            catch (ApiException gone) when (gone.IsExpired && _version is not null)
            {
                _version = null;
                await Task.Delay(times.DelayAfter(++failures), time, stopping);
            }
            catch (ApiException absent) when (absent.Code == HttpStatusCode.NotFound && status.Objects == 0)
            {
                // The CRD of the kind is not installed, so the kind has no objects yet. Deleting a CRD deletes each object first, so while objects
                // are known another server answered, such as a proxy.
                if (status.Fault is null)
                    Log.Absent(logger, Plural);
                Sync([], null);
                status.SayAbsent();
                await Task.Delay(times.LongestDelay, time, stopping);
            }
            catch (Exception error)
            {
                // Catches our own bugs too: an exception that leaves this method would stop the whole server.
                Fail(error, ++failures);
                await Task.Delay(times.DelayAfter(error, failures), time, stopping);
            }
        }
    }

    /// <summary>Neither lists nor keeps objects that the webhook does not need. An unneeded watch ends when the API server ends it.</summary>
    private async Task RestAsync(CancellationToken stopping)
    {
        if (_isKept)
        {
            (_version, _isKept) = (null, false);
            Forget();
        }

        lock (_ageing)
            status.Pause();
        await Task.Delay(times.WantedEvery, time, stopping);
    }

    private async Task ListAsync(CancellationToken stopping)
    {
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        quiet.CancelAfter(times.QuietLimit);
        BeginList();
        var objects = new List<Sighting>();
        var version = await client.ListAsync(path, See, objects.Add, quiet.Token);
        Sync(objects, version);
    }

    /// <summary>Runs until the API server ends the watch, which it does every few minutes.</summary>
    private async Task FollowAsync(CancellationToken stopping)
    {
        if (_version is not null && time.GetElapsedTime(_listed) > times.RelistAfter)
            _version = null;
        if (_version is null && !_streamsLists)
            return;

        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        quiet.CancelAfter(times.QuietLimit);
        var (begun, events) = (0L, 0);
        if (_version is null)
            BeginList();
        var initial = _version is null ? new Dictionary<ObjectName, Sighting>() : null;
        await foreach (var happened in client.WatchAsync(path, _version, times.NextDuration(), See, quiet.Token))
        {
            quiet.CancelAfter(times.QuietLimit);
            if (events++ == 0)
                begun = time.GetTimestamp();
            if (initial is null)
            {
                Take(happened);
            }
            else if (happened.EndsInitialList)
            {
                Sync(initial.Values, happened.ResourceVersion);
                initial = null;
            }
            else if (happened is { Type: WatchEventType.Deleted, Object: { } gone })
            {
                // An API server with a lagging cache sends an old list, then the changes since, and then the end of the list.
                initial.Remove(gone.Name);
            }
            else if (happened.Object is { } existing)
            {
                initial[existing.Name] = existing;
            }
        }

        if (initial is not null)
            throw new IOException("the API server ended the list early");

        // The first event is the start. A stopping server ends a few watches like that; a proxy that cannot stream ends all of them.
        _fleeting = events == 1 && time.GetElapsedTime(begun) < Fleeting ? _fleeting + 1 : 0;
        if (_fleeting > 1)
            throw new IOException("the API server ends each watch at once");
    }

    private Sighting See(ReadOnlySpan<byte> json)
    {
        try
        {
            var read = Read(json);
            var name = NameOf(read);
            return name.Name.Length > 0 ? new(name, read) : new(name, null) { Fault = "it has no name" };
        }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            // Catches our own bugs too: otherwise the watch would miss all other objects.
            return new(ObjectName.In(json), null) { Fault = unreadable.Message };
        }
    }

    private void Take(WatchEvent<Sighting> happened)
    {
        if (happened.ResourceVersion.Length > 0)
            _version = happened.ResourceVersion;
        if (happened is { Type: WatchEventType.Deleted, Object: { } gone })
        {
            status.SetUnreadable(gone.Name, null);
            Remove(gone.Name);
        }
        else if (happened.Object is { } changed)
        {
            Tell(changed);
            if (changed.Object is { } readable)
                Put(readable);
            else if (LastGood(changed.Name) is null)
                Remove(changed.Name);
        }

        RecordActivity();
    }

    private void Tell(Sighting seen)
    {
        if (status.SetUnreadable(seen.Name, seen.Fault))
            Log.Unreadable(logger, Plural, seen.Name.ToString(), LastGood(seen.Name) is null ? "it counts as absent" : "its last good version counts", seen.Fault!);
    }

    private void Sync(IReadOnlyCollection<Sighting> seen, string? version)
    {
        status.ForgetUnreadable(except: seen.Where(each => each.Fault is not null).Select(each => each.Name));
        foreach (var each in seen)
            Tell(each);
        List<T> objects = [.. seen.Select(each => each.Object ?? LastGood(each.Name)).OfType<T>()];
        Replace(objects);
        (_version, _listed, _isKept) = (version, time.GetTimestamp(), true);

        // A long list leaves more garbage than objects. After the first list no request waits yet, so a collection costs nothing.
        if (!status.HasSynced && objects.Count >= LongList)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        status.Sync();
        RecordActivity();
        if (version is not null)
            Log.Listed(logger, objects.Count, Plural);
    }

    private void RecordActivity()
    {
        lock (_ageing)
        {
            if (status.IsStale)
                MarkCertain();
            status.RecordActivity();
        }
    }

    private void Fail(Exception error, int failures)
    {
        // A missing permission lasts until a user changes a role; silence can end at any moment.
        var isRefused = error is ApiException { Code: HttpStatusCode.Forbidden };
        var reason = error is OperationCanceledException ? $"no data for {times.QuietLimit.TotalSeconds:0} seconds" : error.Message;
        status.Fail(reason, isRefused);
        if (failures == 1)
            Log.Failed(logger, Plural, reason);

        Age(isRefused);
    }

    private void Age(bool isRefused)
    {
        lock (_ageing)
        {
            if (status.IsStale || status.Fault is null || !(isRefused || (status.Silence >= times.StaleAfter && status.Outage >= times.Grace)))
                return;

            status.IsStale = true;
            MarkUncertain();
        }

        if (status.HasSynced)
            Log.Stale(logger, Plural, status.WhenStale);
    }

    /// <summary>An object as the API server sent it.</summary>
    private sealed record Sighting(ObjectName Name, T? Object)
    {
        /// <summary>Why the object is unreadable; null if it is readable.</summary>
        public string? Fault { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Cannot read {Kind} {Name}; {Consequence}: {Reason}")]
        public static partial void Unreadable(ILogger logger, string kind, string name, string consequence, string reason);

        [LoggerMessage(LogLevel.Information, "Listed {Count} {Kind}")]
        public static partial void Listed(ILogger logger, int count, string kind);

        [LoggerMessage(LogLevel.Warning, "The API server does not serve {Kind}; none exist until it does")]
        public static partial void Absent(ILogger logger, string kind);

        [LoggerMessage(LogLevel.Warning, "The watch of {Kind} failed, trying again: {Reason}")]
        public static partial void Failed(ILogger logger, string kind, string reason);

        [LoggerMessage(LogLevel.Error, "The watch of {Kind} is down for too long; {WhenStale} until it works again")]
        public static partial void Stale(ILogger logger, string kind, string whenStale);
    }
}
