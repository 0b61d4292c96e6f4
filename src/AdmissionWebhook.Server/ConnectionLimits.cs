using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AdmissionWebhook.Server;

/// <summary>
/// What a connection may cost. API servers call by HTTP/1.1 with as many connections as they have reviews under way, and keep 25 of them. They send a
/// review in one go.
/// </summary>
/// <remarks>
/// By HTTP/2 one connection can hold as much as a hundred: requests whose bodies never come, answers that nobody reads, reviews that wait. Connections
/// are what is limited, so it is for callers who are known.
/// </remarks>
internal static class ConnectionLimits
{
    public static void Apply(KestrelServerOptions kestrel, WebhookSettings settings)
    {
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null; // RequestBody has a limit of its own.

        // What nobody has read yet is held back at the sender. Kestrel's own limits, a MiB each, let a few senders of large bodies fill the heap of a small container.
        limits.MaxRequestBufferSize = 64 * 1024;

        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 10 * 1024, gracePeriod: TimeSpan.FromSeconds(2));

        // API servers close a connection that was idle for 90 seconds. It has to be them: what they send while we close it is lost.
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(3);
        if (!settings.Http2)
            return;

        // One entry of a header table is a header of every request that names it, and the string of each would be kept for the next one.
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
