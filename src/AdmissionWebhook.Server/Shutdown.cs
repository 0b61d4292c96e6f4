using System.Runtime.InteropServices;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Connections.Features;

namespace AdmissionWebhook.Server;

/// <summary>
/// Ends the process on a signal. After SIGTERM, which a cluster sends, the server drains first: it still answers callers that do not know of the stop
/// yet. After SIGINT, which a terminal sends, it accepts no new requests. After a second signal it stops at once.
/// </summary>
internal sealed partial class Shutdown(ServerSettings settings, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Shutdown> logger) : IHostLifetime, IDisposable
{
    /// <summary>How long requests in progress may take after the drain; then the server cuts their connections.</summary>
    public static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(10);

    private readonly List<PosixSignalRegistration> _signals = [];
    private ITimer? _drain;
    private volatile bool _hasBegun;

    /// <summary>Whether new callers should use another replica.</summary>
    public bool HasBegun => _hasBegun || lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Whether a signal asked for the stop. Otherwise a part of the server failed and stopped the others.</summary>
    public bool WasAskedFor => _hasBegun;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
            _signals.Add(PosixSignalRegistration.Create(signal, Obey));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Makes the server not ready, serves for <paramref name="drain"/>, and then stops. Only the first call counts.</summary>
    public void Begin(TimeSpan drain)
    {
        if (_hasBegun)
            return;

        _hasBegun = true;
        if (drain <= TimeSpan.Zero || !lifetime.ApplicationStarted.IsCancellationRequested)
        {
            lifetime.StopApplication();
            return;
        }

        Log.Draining(logger, drain.TotalSeconds);
        _drain = time.CreateTimer(_ => lifetime.StopApplication(), null, drain, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// After the first signal each answer ends its connection, by <c>Connection: close</c> or GOAWAY, so the client connects to another replica. A
    /// connection that is closed without an answer can have a request in progress, and a client does not repeat a POST that it sent.
    /// </summary>
    public Task SendAway(HttpContext context, RequestDelegate next)
    {
        if (HasBegun)
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        return next(context);
    }

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _drain?.Dispose();
    }

    private void Obey(PosixSignalContext context)
    {
        context.Cancel = true;
#pragma warning disable RS0030 // A second signal ends the process at once; the default of the system does nothing to the first process of a container.
        if (_hasBegun)
            Environment.Exit(128 + NumberOf(context.Signal));
#pragma warning restore RS0030

        Begin(context.Signal == PosixSignal.SIGTERM ? TimeSpan.FromSeconds(settings.Webhook.DrainSeconds) : TimeSpan.Zero);
    }

    private static int NumberOf(PosixSignal signal) => signal switch { PosixSignal.SIGINT => 2, PosixSignal.SIGQUIT => 3, _ => 15 };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Stopping: no longer ready, serving for {Seconds} more seconds")]
        public static partial void Draining(ILogger logger, double seconds);
    }
}
