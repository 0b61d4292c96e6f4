using System.Net;
using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// Makes one replica the leader, by a Lease that it renews. The lease of another replica has expired if this replica has seen no renewal for long
/// enough: clocks of machines differ.
/// </summary>
internal sealed partial class LeaderElection(
    string @namespace, KubernetesApiClient client, LeaderTimes times, TimeProvider time, ILogger<LeaderElection> logger) : BackgroundService
{
    private readonly string _me = $"{Environment.MachineName}_{Guid.NewGuid():N}";
    private readonly string _path = $"{Lease.CollectionOf(@namespace)}/{Lease.Name}";
    private (string? Version, long At) _seen;
    private Lease? _mine;
    private bool _hasFailed;
    private long _renewed;
    private volatile bool _holds;

    /// <summary>Whether this replica is the leader.</summary>
    public bool IsLeader => _holds && time.GetElapsedTime(Volatile.Read(ref _renewed)) < times.LeadsFor;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_holds)
            await ReleaseAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(times.RenewEvery, time);
        do
        {
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                patience.CancelAfter(times.LeadsFor);
                await TryAsync(patience.Token);
                _hasFailed = false;
            }
            catch (ApiException conflict) when (conflict.Code == HttpStatusCode.Conflict)
            {
                // Another replica was faster. The next read shows which one.
                _mine = null;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                _mine = null;
                if (!_hasFailed)
                    Log.Failed(logger, _path, error is OperationCanceledException ? "no answer in time" : error.Message);
                _hasFailed = true;
            }

            if (!IsLeader && _holds)
                Lose();
        }
        while (await tick.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TryAsync(CancellationToken cancellation)
    {
        var (begun, now) = (time.GetTimestamp(), Lease.Instant(time.GetUtcNow()));
        var known = _mine ?? await client.GetAsync(_path, Lease.Read, cancellation);
        if (known is { } seen && seen.ResourceVersion != _seen.Version)
            _seen = (seen.ResourceVersion, begun);

        var wanted = new Lease { Namespace = @namespace, Holder = _me, Duration = times.LeaseDuration, AcquireTime = now, RenewTime = now };
        if (known is null)
            _mine = await client.CreateAsync(Lease.CollectionOf(@namespace), wanted.Write(), Lease.Read, cancellation);
        else if (known.Holder == _me)
            _mine = await client.ReplaceAsync(_path, (known with { RenewTime = now, Duration = times.LeaseDuration }).Write(), Lease.Read, cancellation);
        else if (known.Holder.Length == 0 || time.GetElapsedTime(_seen.At) > known.Duration)
            _mine = await client.ReplaceAsync(_path, (wanted with { ResourceVersion = known.ResourceVersion, Transitions = known.Transitions + 1 }).Write(), Lease.Read, cancellation);
        else
            Lose();

        if (_mine is null)
            return;
        Volatile.Write(ref _renewed, begun);
        if (!_holds)
            Log.Leads(logger);
        _holds = true;
    }

    private void Lose()
    {
        if (_holds)
            Log.Follows(logger);
        (_holds, _mine) = (false, null);
    }

    /// <summary>Releases the lease, so the next leader does not wait until it expires.</summary>
    private async Task ReleaseAsync(CancellationToken cancellation)
    {
        _holds = false;
        try
        {
            if (await client.GetAsync(_path, Lease.Read, cancellation) is { } mine && mine.Holder == _me)
                await client.ReplaceAsync(_path, (mine with { Holder = "", Duration = TimeSpan.FromSeconds(1), RenewTime = Lease.Instant(time.GetUtcNow()) }).Write(), Lease.Read, cancellation);
        }
        catch (Exception error)
        {
            Log.NotReleased(logger, error.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "This replica is the leader and writes the status of policies")]
        public static partial void Leads(ILogger logger);

        [LoggerMessage(LogLevel.Information, "This replica is no longer the leader")]
        public static partial void Follows(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "Cannot acquire the lease {Path}; this replica is not the leader: {Reason}")]
        public static partial void Failed(ILogger logger, string path, string reason);

        [LoggerMessage(LogLevel.Information, "Cannot release the lease; it expires by itself: {Reason}")]
        public static partial void NotReleased(ILogger logger, string reason);
    }
}
