using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests.RollOut;

/// <summary>
/// Calls as API servers make them, at a constant rate whatever becomes of them; what a machine misses that stands still is not made up for. Two keep their connections, by
/// HTTP/1.1 and, where <c>Webhook:Http2</c> permits, by HTTP/2; two open new ones all the time. Nothing is tried again but what .NET, as Go, repeats by itself: a request of which
/// nothing was sent, or which a GOAWAY says was not looked at.
/// </summary>
public sealed class AdmissionLoad : IAsyncDisposable
{
    public const int Rate = 300;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    // A connection by HTTP/1.1 that is idle for as long as a replica drains is told nothing, and nobody can prevent that it is closed while a request is on its way.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(4);

    private readonly byte[] _review = File.ReadAllBytes(Repository.PathOf("config", "samples", "reviews", "allowed.json"));
    private readonly ImmutableArray<(HttpMessageInvoker Client, Version Version)> _apiServers;
    private readonly ConcurrentBag<Call> _failures = [];
    private readonly ConcurrentDictionary<Task, bool> _underWay = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Uri _address;
    private readonly Task _calling;
    private int _begun, _answered;

    /// <param name="port">Of the balancer.</param>
    /// <param name="trust">The authorities that the API servers trust.</param>
    public AdmissionLoad(int port, params X509Certificate2Collection trust)
    {
        _address = new($"https://127.0.0.1:{port}/validate?timeout={Timeout.TotalSeconds:0}s");
        Trust = trust;
        _apiServers =
        [
            (Connect(System.Threading.Timeout.InfiniteTimeSpan), HttpVersion.Version11),
            (Connect(System.Threading.Timeout.InfiniteTimeSpan), HttpVersion.Version20),
            (Connect(TimeSpan.FromMilliseconds(200)), HttpVersion.Version11),
            (Connect(TimeSpan.FromMilliseconds(200)), HttpVersion.Version20),
        ];
        _calling = Task.Run(CallAsync);
    }

    /// <summary>What new connections trust, the bundle of a webhook configuration.</summary>
    public X509Certificate2Collection Trust { get; set; }

    /// <summary>The certificate that the last new connection was served.</summary>
    public string? LastServed { get; private set; }

    public int Answered => Volatile.Read(ref _answered);

    public IReadOnlyCollection<Call> Failures => _failures;

    /// <summary>Until so many more calls have ended.</summary>
    public Task GoOnAsync(int calls)
    {
        var begin = Ended;
        return UntilAsync(() => Ended - begin >= calls);
    }

    /// <summary>Until each call that has begun has ended.</summary>
    public Task UntilEndedAsync() => Task.WhenAll(_underWay.Keys);

    /// <summary>Until something holds, for two minutes at most.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        using var tick = new PeriodicTimer(Interval);
        for (var begin = TimeProvider.System.GetTimestamp(); !holds(); await tick.WaitForNextTickAsync())
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromMinutes(2));
    }

    /// <summary>Calls no more, and waits for the answers.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _calling;
        await UntilEndedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var (client, _) in _apiServers)
            client.Dispose();
        _stopping.Dispose();
    }

    private int Ended => Answered + _failures.Count;

    private async Task CallAsync()
    {
        using var tick = new PeriodicTimer(Interval);
        while (!_stopping.IsCancellationRequested)
        {
            for (var i = 0; i < Rate * Interval.TotalSeconds; i++)
            {
                var call = CallAsync(_apiServers[_begun++ % _apiServers.Length]);
                _underWay[call] = true;
                _ = call.ContinueWith(_ => _underWay.TryRemove(call, out var _), TaskScheduler.Default);
            }

            await tick.WaitForNextTickAsync();
        }
    }

    private async Task CallAsync((HttpMessageInvoker Client, Version Version) apiServer)
    {
        var begin = TimeProvider.System.GetTimestamp();
        try
        {
            using var patience = new CancellationTokenSource(Timeout);
            using var request = new HttpRequestMessage(HttpMethod.Post, _address)
            {
                Version = apiServer.Version,
                VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
                Content = new ByteArrayContent(_review) { Headers = { ContentType = new("application/json") } },
            };
            using var answer = await apiServer.Client.SendAsync(request, patience.Token);
            var text = Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(patience.Token));
            if (answer.StatusCode == HttpStatusCode.OK && text.Contains("\"allowed\":true", StringComparison.Ordinal))
                Interlocked.Increment(ref _answered);
            else
                _failures.Add(new(begin, apiServer.Version, $"{(int)answer.StatusCode} {text}"));
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException)
        {
            _failures.Add(new(begin, apiServer.Version, failed.ToString()));
        }
    }

    private HttpMessageInvoker Connect(TimeSpan lifetime) => new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = lifetime,
        PooledConnectionIdleTimeout = Idle,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, errors) => Trusts(certificate as X509Certificate2, errors) },
    });

    private bool Trusts(X509Certificate2? certificate, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return false;

        LastServed = certificate.Thumbprint;
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.AddRange(Trust);
        return chain.Build(certificate);
    }
}

/// <summary>A call that failed.</summary>
/// <param name="Begin">A timestamp.</param>
/// <param name="Version">By which version of HTTP.</param>
/// <param name="Reason">What came instead of an answer.</param>
public sealed record Call(long Begin, Version Version, string Reason);
