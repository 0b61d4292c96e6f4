using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AdmissionWebhook.Server;

/// <summary>A port of the server, with endpoints that answer there and nowhere else.</summary>
/// <param name="scheme">https or http.</param>
/// <param name="address">Where it is bound.</param>
/// <param name="port">Zero lets the system choose one.</param>
/// <param name="setting">What people set to change the port.</param>
/// <param name="mostConnections">At a time. Those beyond are closed, and those of other ports do not count.</param>
internal sealed class Listener(string scheme, IPAddress address, int port, string setting, int mostConnections)
{
    private ListenOptions? _options;
    private int _connections;

    /// <summary>Where it listens once the server has started, with the port that the system chose.</summary>
    public Uri Address => new($"{scheme}://{_options?.IPEndPoint}");

    /// <summary>Why it cannot be opened, if that can be told beforehand: Kestrel tells it with many lines of stack trace.</summary>
    public IEnumerable<string> FindMistakes()
    {
        try
        {
            using var trial = new TcpListener(address, port);
            trial.Start();
            return [];
        }
        catch (SocketException refused)
        {
            return [$"{setting}: cannot listen on {address}, port {port}: {refused.Message}."];
        }
    }

    public void Open(KestrelServerOptions kestrel, Action<ListenOptions>? configure = null) =>
        kestrel.Listen(address, port, options =>
        {
            _options = options;
            options.Use(next => connection => ServeAsync(connection, next));
            configure?.Invoke(options);
        });

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            if (Interlocked.Increment(ref _connections) > mostConnections)
                return;

            connection.Features.Set(this);
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    /// <summary>To every other listener an endpoint is as good as not there.</summary>
    public static Task Separate(HttpContext context, RequestDelegate next)
    {
        var home = context.GetEndpoint()?.Metadata.GetMetadata<Listener>();
        if (home is null || home == context.Features.Get<Listener>())
            return next(context);

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
