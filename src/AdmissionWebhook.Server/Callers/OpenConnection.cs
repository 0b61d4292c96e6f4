using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace AdmissionWebhook.Server.Callers;

/// <summary>A connection to one of the server's ports, from the time before its handshake.</summary>
internal sealed class OpenConnection(ConnectionContext connection) : Guest(SourceAddress.Of(connection.RemoteEndPoint))
{
    /// <summary>The number of consecutive requests without a body after which the server closes the connection.</summary>
    private const int MostFailures = 100;

    private int _underWay, _answering, _failures;
    private volatile bool _hasAsked;

    /// <summary>Whether it never sent a complete request: it is in its handshake, is silent, or does not finish a request.</summary>
    public bool IsSilent => !_hasAsked;

    public override int? Rank => Volatile.Read(ref _underWay) > 0 ? null : _hasAsked ? 1 : 0;

    /// <summary>A complete request arrived; <see cref="Answered"/> follows.</summary>
    public void Asked()
    {
        Interlocked.Increment(ref _underWay);
        Volatile.Write(ref _failures, 0);
        _hasAsked = true;
    }

    public void Answered()
    {
        Touch();
        Interlocked.Decrement(ref _underWay);
    }

    /// <summary>The server sends an answer that needed no work; <see cref="HasAnswered"/> follows.</summary>
    public void Answering()
    {
        Touch();
        Interlocked.Increment(ref _answering);
        _hasAsked = true;
    }

    public void HasAnswered() => Interlocked.Decrement(ref _answering);

    /// <summary>
    /// A request began but its body did not arrive. Streams are cheap to open, so the server closes a connection that does nothing else.
    /// </summary>
    /// <returns>Whether the server closes it.</returns>
    public bool Failed()
    {
        if (Interlocked.Increment(ref _failures) != MostFailures)
            return false;

        connection.Abort();
        return true;
    }

    /// <summary>
    /// Ends a connection cleanly if its client sent a request before, because it can send another; but not if the client is slow to read an answer.
    /// </summary>
    public override void GiveWay()
    {
        if (_hasAsked && Volatile.Read(ref _answering) == 0 && connection.Features.Get<IConnectionLifetimeNotificationFeature>() is { } lifetime)
            lifetime.RequestClose();
        else
            connection.Abort();
    }
}
