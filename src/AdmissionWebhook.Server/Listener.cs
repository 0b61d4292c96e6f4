using System.Net;
using System.Net.Sockets;
using AdmissionWebhook.Server.Callers;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AdmissionWebhook.Server;

/// <summary>A port of the server, with endpoints that answer there and nowhere else.</summary>
/// <param name="scheme">https or http.</param>
/// <param name="address">Where it is bound.</param>
/// <param name="port">Zero lets the system choose one.</param>
/// <param name="name">Where its settings stand; metrics have it in small letters.</param>
/// <param name="limits">Of its connections; those of other ports do not count.</param>
internal sealed class Listener(string scheme, IPAddress address, int port, string name, ConnectionSettings limits) : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Clients that open connections in advance leave them unused for as long as they keep others: API servers for 90 seconds.</summary>
    private static readonly TimeSpan UsualSilence = TimeSpan.FromMinutes(2);

    private readonly string _label = name.ToLowerInvariant();
    private readonly FairPlaces<OpenConnection> _connections = new(limits.Most, limits.MostOfAddress);
    private ListenOptions? _options;
    private Metrics? _metrics;
    private Timer? _silence;

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
            return [$"{name}:Port: cannot listen on {address}, port {port}: {refused.Message}."];
        }
    }

    /// <param name="kestrel">What listens.</param>
    /// <param name="protocols">What clients are offered.</param>
    /// <param name="configure">What else a connection goes through.</param>
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
    /// What is answered at once counts as asked, so that its connection is the last to give way. It never counts as busy: what takes time is a client that does not read.
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

        // Kestrel never ends serving some HTTP/2 connections that it aborts itself. What is closed has left all the same, and can be collected.
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

    /// <summary>Silence costs memory, so it is borne for long only while connections are few.</summary>
    private void CloseSilent()
    {
        var patience = _connections.Count * 4 > limits.Most ? limits.FirstRequestTimeout : UsualSilence;
        var now = Environment.TickCount64;
        var closed = _connections.End(open => open.IsSilent && now - open.Since > patience.TotalMilliseconds);
        _metrics?.CountClosedConnection(_label, "silent", closed);
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
