using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Operations;

/// <summary>Logs the addresses of the server, a warning if anyone can end it, and outside a cluster some commands to try.</summary>
internal sealed partial class FirstSteps(ServerSettings settings, ILogger<FirstSteps> logger)
{
    public void Tell(Uri webhook, Uri operations)
    {
        Log.Listening(logger, webhook.AbsoluteUri, operations.AbsoluteUri);
        if (settings.Webhook is { Http2: true, ClientCertificateAuthority: null })
            Log.OpenToAnybody(logger);
        if (settings.InCluster)
            return;

        Log.Try(logger, $"curl -sk {webhook}validate --data-binary @{Review("denied.json")}");
        Log.Try(logger, $"curl -sk {webhook}mutate --data-binary @{Review("mutated.json")}");
        Log.Try(logger, $"curl -s {operations}readyz?verbose");
    }

    /// <summary>An absolute path: <c>dotnet run</c> starts the server in another folder than the user's shell.</summary>
    private static string Review(string name) => Path.Combine(AppContext.BaseDirectory, "config", "samples", "reviews", name);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The webhook listens on {Webhook}, operations on {Operations}")]
        public static partial void Listening(ILogger logger, string webhook, string operations);

        [LoggerMessage(LogLevel.Warning, "Webhook:Http2 is true, and callers need no client certificate: a caller that is not an API server can end this process. "
            + "Set Webhook:ClientCertificateAuthority, or allow only API servers with a NetworkPolicy.")]
        public static partial void OpenToAnybody(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Try it: {Command}")]
        public static partial void Try(ILogger logger, string command);
    }
}
