using System.Net;
using System.Net.Sockets;
using AdmissionWebhook.Server.Callers;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AdmissionWebhook.Server;

/// <summary>A port of the server, with endpoints that answer only there.</summary>
/// <param name="scheme">https or http.</param>
/// <param name="address">The address to bind.</param>
/// <param name="port">The port; with zero the system chooses one.</param>
/// <param name="name">The section of its settings; in lower case the label in metrics.</param>
/// <param name="limits">The limits of its connections; connections of other ports do not count.</param>
internal sealed class Listener(string scheme, IPAddress address, int port, string name, ConnectionSettings limits) : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>API servers open connections in advance and keep unused ones for 90 seconds.</summary>
    private static readonly TimeSpan UsualSilence = TimeSpan.FromMinutes(2);

    private readonly string _label = name.ToLowerInvariant();
    private readonly FairPlaces<OpenConnection> _connections = new(limits.Most, limits.MostOfAddress);
    private ListenOptions? _options;
    private Metrics? _metrics;
    private Timer? _silence;

    /// <summary>The address after the start, with the port that the system chose.</summary>
    public Uri Address => new($"{scheme}://{_options?.IPEndPoint}");

    /// <summary>Checks before the start whether the port is free: Kestrel reports it with many lines of stack trace.</summary>
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
            return [$"{name}:Port: cannot listen on {address}, port {port}: {refused.Message}."];
        }
    }

    /// <param name="kestrel">The server that listens.</param>
    /// <param name="protocols">The protocols that clients can use.</param>
    /// <param name="configure">Adds more middleware for connections.</param>
    public void Open(KestrelServerOptions kestrel, HttpProtocols protocols, Action<ListenOptions>? configure = null)
    {
        _metrics = kestrel.ApplicationServices.GetRequiredService<Metrics>();
        _silence = new(_ => CloseSilent(), null, BetweenLooks, BetweenLooks);
        kestrel.Listen(address, port, options =>
        {
            _options = options;
            options.Protocols = protocols;
            options.Use(next => connection => ServeAsync(connection, next));
            configure?.Invoke(options);
        });
    }

    public void Dispose() => _silence?.Dispose();

    /// <summary>
    /// Counts the request as answered, so its connection gives way last. The connection never counts as busy: only a client that does not read takes
    /// time.
    /// </summary>
    public static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var connection = context.Features.Get<OpenConnection>();
        connection?.Answering();
        try
        {
            await next(context);
        }
        finally
        {
            connection?.HasAnswered();
        }
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var open = new OpenConnection(connection);
        var hasPlace = _connections.TryEnter(open, out var gaveWay);
        _metrics?.CountClosedConnection(_label, "evicted", gaveWay);
        if (!hasPlace)
        {
            _metrics?.CountClosedConnection(_label, "full");
            return;
        }

        // Kestrel keeps serving some HTTP/2 connections that it aborted. This frees the place of a closed connection, so it can be collected.
        await using var closed = connection.ConnectionClosed.UnsafeRegister(_ => _connections.Leave(open), null);
        try
        {
            connection.Features.Set(this);
            connection.Features.Set(open);
            await next(connection);
        }
        finally
        {
            _connections.Leave(open);
        }
    }

    /// <summary>Silent connections cost memory, so the server keeps them for long only while connections are few.</summary>
    private void CloseSilent()
    {
        var patience = _connections.Count * 4 > limits.Most ? limits.FirstRequestTimeout : UsualSilence;
        var now = Environment.TickCount64;
        var closed = _connections.End(open => open.IsSilent && now - open.Since > patience.TotalMilliseconds);
        _metrics?.CountClosedConnection(_label, "silent", closed);
    }

    /// <summary>Answers 404 to a request for an endpoint of another listener.</summary>
    public static Task Separate(HttpContext context, RequestDelegate next)
    {
        var home = context.GetEndpoint()?.Metadata.GetMetadata<Listener>();
        if (home is null || home == context.Features.Get<Listener>())
            return next(context);

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
