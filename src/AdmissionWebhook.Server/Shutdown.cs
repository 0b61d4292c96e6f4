using System.Runtime.InteropServices;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Connections.Features;

namespace AdmissionWebhook.Server;

/// <summary>
/// Ends the process as whoever signals means it. SIGTERM, which a cluster sends, drains first: those who have not heard yet go on calling, and are answered.
/// SIGINT, which a terminal sends, waits for nobody new. Whoever signals twice waits for nothing at all.
/// </summary>
internal sealed partial class Shutdown(ServerSettings settings, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Shutdown> logger) : IHostLifetime, IDisposable
{
    /// <summary>How long what is under way may last once nothing new is taken; then its connections are cut.</summary>
    public static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(10);

    private readonly List<PosixSignalRegistration> _signals = [];
    private ITimer? _drain;
    private volatile bool _hasBegun;

    /// <summary>Whether new callers should go elsewhere.</summary>
    public bool HasBegun => _hasBegun || lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Whether anybody asked for it. Otherwise a part of the server has failed and takes the others with it.</summary>
    public bool WasAskedFor => _hasBegun;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
            _signals.Add(PosixSignalRegistration.Create(signal, Obey));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Says that the server is not ready, serves on for so long, and then stops. Only the first call counts.</summary>
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
    /// From the first signal on each answer ends its connection, by <c>Connection: close</c> or GOAWAY, and the client makes its next one to another replica. A connection that
    /// is closed without an answer may have a request under way, and a client does not repeat a POST that it has sent.
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
#pragma warning disable RS0030 // Who asks twice wants it to end at once; the system's own way would do nothing to the first process of a container.
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
