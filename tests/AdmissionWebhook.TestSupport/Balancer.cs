using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace AdmissionWebhook.TestSupport;

/// <summary>
/// Passes connections on to ready backends in turn, as a Service does on a node: what a backend says about itself comes into force a while later, a connection stays with its backend for
/// good, and one to a backend that no longer listens is refused.
/// </summary>
public sealed class Balancer : IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeSpan _lag;
    private readonly Task _accepting;
    private ImmutableList<Backend> _backends = [];
    private uint _next;

    /// <param name="lag">From a change of a backend's readiness until it has an effect.</param>
    public Balancer(TimeSpan lag)
    {
        _lag = lag;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether another backend is tried where one refuses, as balancers do that look at connections. A Service does not.</summary>
    public bool TriesOthers { get; set; }

    /// <summary>Looks after a backend until it has been ready and is so no more.</summary>
    /// <returns>Done once connections go there; its result, once none do any more.</returns>
    public async Task<Task> AddAsync(int port, Uri readyz)
    {
        var backend = new Backend(port, readyz, _lag);
        var (entered, left) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _ = Task.Run(async () =>
        {
            try
            {
                await backend.UntilAsync(isReady: true, _stopping.Token);
                ImmutableInterlocked.Update(ref _backends, known => known.Add(backend));
                entered.SetResult();
                await backend.UntilAsync(isReady: false, _stopping.Token);
                ImmutableInterlocked.Update(ref _backends, known => known.Remove(backend));
                left.SetResult();
            }
            catch (OperationCanceledException)
            {
                entered.TrySetCanceled();
                left.TrySetCanceled();
            }
        });
        await entered.Task;
        return left.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = PassOnAsync(await _listener.AcceptSocketAsync(_stopping.Token));
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task PassOnAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            (client.NoDelay, server.NoDelay) = (true, true);
            try
            {
                await ConnectAsync(server);
                Task[] directions = [PumpAsync(client, server), PumpAsync(server, client)];
                await (await Task.WhenAny(directions));
                await Task.WhenAll(directions);
            }
            catch (Exception broken) when (broken is SocketException or OperationCanceledException)
            {
                client.LingerState = new(true, 0); // Closed like this it is reset: the client is told that something went wrong.
            }
        }
    }

    private async Task ConnectAsync(Socket server)
    {
        var backends = _backends;
        for (var tries = TriesOthers ? backends.Count : 1; ; tries--)
        {
            try
            {
                if (backends.IsEmpty)
                    throw new SocketException((int)SocketError.ConnectionRefused);
                await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, backends[(int)(Interlocked.Increment(ref _next) % backends.Count)].Port), _stopping.Token);
                return;
            }
            catch (SocketException) when (tries > 1)
            {
            }
        }
    }

    /// <summary>Until one side says nothing more, which the other is told; what that one still says arrives.</summary>
    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, _stopping.Token) is var count and > 0)
        {
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stopping.Token);
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private sealed class Backend(int port, Uri readyz, TimeSpan lag)
    {
        private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

        public int Port => port;

        /// <summary>Until it has been ready, or not, for as long as the lag.</summary>
        public async Task UntilAsync(bool isReady, CancellationToken stopping)
        {
            using var tick = new PeriodicTimer(BetweenLooks);
            long? since = null;
            while (since is not { } begin || TimeProvider.System.GetElapsedTime(begin) < lag)
            {
                since = await IsReadyAsync(stopping) == isReady ? since ?? TimeProvider.System.GetTimestamp() : null;
                await tick.WaitForNextTickAsync(stopping);
            }
        }

        private async Task<bool> IsReadyAsync(CancellationToken stopping)
        {
            try
            {
                using var answer = await Http.GetAsync(readyz, stopping);
                return answer.IsSuccessStatusCode;
            }
            catch (Exception unanswered) when (unanswered is HttpRequestException || (unanswered is OperationCanceledException && !stopping.IsCancellationRequested))
            {
                return false;
            }
        }
    }
}
