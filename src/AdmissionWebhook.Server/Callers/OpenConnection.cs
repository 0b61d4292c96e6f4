using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace AdmissionWebhook.Server.Callers;

/// <summary>A connection to one of the server's ports, from before its handshake on.</summary>
internal sealed class OpenConnection(ConnectionContext connection) : Guest(SourceAddress.Of(connection.RemoteEndPoint))
{
    /// <summary>Requests in a row whose body does not come, until the connection is closed.</summary>
    private const int MostFailures = 100;

    private int _underWay, _answering, _failures;
    private volatile bool _hasAsked;

    /// <summary>Whether it never sent a complete request: it is in its handshake, says nothing, or begins what it does not end.</summary>
    public bool IsSilent => !_hasAsked;

    public override int? Rank => Volatile.Read(ref _underWay) > 0 ? null : _hasAsked ? 1 : 0;

    /// <summary>A complete request has come; <see cref="Answered"/> follows.</summary>
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

    /// <summary>An answer is on its way that took no time to find; <see cref="HasAnswered"/> follows.</summary>
    public void Answering()
    {
        Touch();
        Interlocked.Increment(ref _answering);
        _hasAsked = true;
    }

    public void HasAnswered() => Interlocked.Decrement(ref _answering);

    /// <summary>A request has begun and its body did not come. Streams are cheap to open, so who does nothing else is cut off.</summary>
    /// <returns>Whether it is closed for that.</returns>
    public bool Failed()
    {
        if (Interlocked.Increment(ref _failures) != MostFailures)
            return false;

        connection.Abort();
        return true;
    }

    /// <summary>Clients that have asked before are told that the connection ends, for they may be about to ask again; not those who are slow to read an answer.</summary>
    public override void GiveWay()
    {
        if (_hasAsked && Volatile.Read(ref _answering) == 0 && connection.Features.Get<IConnectionLifetimeNotificationFeature>() is { } lifetime)
            lifetime.RequestClose();
        else
            connection.Abort();
    }
}
