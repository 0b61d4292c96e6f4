using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AdmissionWebhook.Server;

/// <summary>
/// Limits what a connection costs. API servers call by HTTP/1.1 with one connection for each review in progress, and keep 25 of them. They send a
/// review in one go.
/// </summary>
/// <remarks>
/// One HTTP/2 connection can hold as much as a hundred: requests without their bodies, answers that the client does not read, waiting reviews. This
/// class limits connections, so HTTP/2 is only for authenticated callers.
/// </remarks>
internal static class ConnectionLimits
{
    public static void Apply(KestrelServerOptions kestrel, WebhookSettings settings)
    {
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null; // RequestBody has its own limit.

        // The sender keeps data until the server reads it. With Kestrel's default of one MiB each, a few senders of large bodies fill the heap of a
        // small container.
        limits.MaxRequestBufferSize = 64 * 1024;

        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 10 * 1024, gracePeriod: TimeSpan.FromSeconds(2));

        // API servers close a connection after 90 idle seconds. The server must not close it first: it would lose a request that arrives meanwhile.
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(3);
        if (!settings.Http2)
            return;

        // Every request can name an entry of the header table, and the server would keep the string of each for the next request.
        limits.Http2.HeaderTableSize = 0;
        kestrel.DisableStringReuse = true;
        limits.Http2.InitialConnectionWindowSize = 256 * 1024;
        limits.Http2.InitialStreamWindowSize = 128 * 1024;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        limits.Http2.MaxStreamsPerConnection = settings.MaxStreamsPerConnection;
        limits.Http2.MaxRequestHeaderFieldSize = 8 * 1024;
    }
}
