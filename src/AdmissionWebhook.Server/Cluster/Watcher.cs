using System.Net;
using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Keeps up with the objects of one collection: lists them, then follows what happens to them. While it lists anew, the old objects serve. What
/// goes wrong with one collection touches no other, and an object that cannot be read touches none but itself.
/// </summary>
/// <param name="path">The collection: <c>api/v1/services</c>; a query may choose some of it.</param>
/// <param name="client">Asks the API server.</param>
/// <param name="status">Is told how it goes.</param>
/// <param name="times">How patient it is.</param>
/// <param name="time">Tells the time.</param>
/// <param name="logger">Where it says what people should know.</param>
internal abstract partial class Watcher<T>(string path, KubernetesApiClient client, WatchStatus status, WatchTimes times, TimeProvider time, ILogger logger) : BackgroundService
    where T : class
{
    private const int LongList = 1000;

    /// <summary>A watch in which nothing happens lasts for minutes. One that ends sooner than this was none.</summary>
    private static readonly TimeSpan Fleeting = TimeSpan.FromSeconds(1);

    private readonly Lock _ageing = new();
    private bool _streamsLists = true, _isKept;
    private string? _version;
    private long _listed;
    private int _fleeting;

    private string Plural => path[(path.LastIndexOf('/') + 1)..].Split('?')[0];

    /// <summary>Whether anybody needs to know of the objects.</summary>
    protected virtual bool IsWanted => true;

    /// <summary>What is read from here on is part of a list, until <see cref="Replace"/> or another beginning.</summary>
    protected virtual void BeginList()
    {
    }

    /// <summary>Reads one object. Where it throws, that object alone cannot be read.</summary>
    protected abstract T Read(ReadOnlySpan<byte> json);

    /// <summary>What tells an object from all others, and stays when it changes.</summary>
    protected abstract ObjectName NameOf(T known);

    /// <summary>What counts in the place of an object that cannot be read: its last good version; null where it counts as absent.</summary>
    protected virtual T? LastGood(ObjectName name) => null;

    /// <summary>These are all the objects there are, each once.</summary>
    protected abstract void Replace(IReadOnlyCollection<T> all);

    /// <summary>An object is new or has changed.</summary>
    protected abstract void Put(T changed);

    /// <summary>An object is gone.</summary>
    protected abstract void Remove(ObjectName gone);

    /// <summary>Nobody needs to know of the objects any more.</summary>
    protected virtual void Forget()
    {
    }

    /// <summary>So much time has passed without a working watch that nobody can tell what is missing.</summary>
    protected virtual void Doubt()
    {
    }

    /// <summary>The watch works again after a doubt.</summary>
    protected virtual void Trust()
    {
    }

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        // An attempt to connect may hang for long, so what is stale cannot wait for it to fail.
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

                status.Wake();
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
                // The kind's CRD is not installed: there are no objects, until one day there are. Whoever deletes it deletes each object first, so while some are known somebody
                // else has answered, such as a proxy.
                if (status.Fault is null)
                    Log.Absent(logger, Plural);
                Sync([], null);
                status.SayAbsent();
                await Task.Delay(times.LongestDelay, time, stopping);
            }
            catch (Exception error)
            {
                // Even a bug of ours: an exception that left here would stop the whole server.
                Fail(error, ++failures);
                await Task.Delay(times.DelayAfter(error, failures), time, stopping);
            }
        }
    }

    /// <summary>What nobody needs is neither listed nor kept. A watch that is no longer needed ends when the API server ends it.</summary>
    private async Task RestAsync(CancellationToken stopping)
    {
        if (_isKept)
        {
            (_version, _isKept) = (null, false);
            Forget();
        }

        lock (_ageing)
            status.Rest();
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

    /// <summary>Until the API server ends the watch, which it does every few minutes.</summary>
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
                // An API server whose own cache lags sends an old list, and then what has happened since, before it says that the list has ended.
                initial.Remove(gone.Name);
            }
            else if (happened.Object is { } existing)
            {
                initial[existing.Name] = existing;
            }
        }

        if (initial is not null)
            throw new IOException("the API server ended the list early");

        // The first event is that it has begun. A server that is about to stop ends a watch or two like that; a proxy that cannot stream ends all of them.
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
            // Even a bug of ours: if it left here, nothing would be heard of any other object.
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

        Hear();
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

        // A long list leaves more garbage than objects. Nobody waits yet the first time, so that is when to give it back.
        if (!status.HasSynced && objects.Count >= LongList)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        status.Sync();
        Hear();
        if (version is not null)
            Log.Listed(logger, objects.Count, Plural);
    }

    private void Hear()
    {
        lock (_ageing)
        {
            if (status.IsStale)
                Trust();
            status.Hear();
        }
    }

    private void Fail(Exception error, int failures)
    {
        // A refusal is final until somebody changes a role; silence may end any moment.
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
            Doubt();
        }

        if (status.HasSynced)
            Log.Stale(logger, Plural, status.WhenStale);
    }

    /// <summary>What the API server sent of an object.</summary>
    private sealed record Sighting(ObjectName Name, T? Object)
    {
        /// <summary>Why it cannot be read; null where it can.</summary>
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
