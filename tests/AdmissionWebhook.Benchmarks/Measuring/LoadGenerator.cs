using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Channels;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>Sends reviews as a few API servers do, several at a time. An answer that is not <i>allowed</i> ends the measurement.</summary>
/// <param name="webhook">The server.</param>
/// <param name="http">1.1 or 2.</param>
/// <param name="reviews">Sent in turn.</param>
internal sealed class LoadGenerator(Uri webhook, Version http, ImmutableArray<byte[]> reviews) : IDisposable
{
    private const int InFlight = 16;

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>With HTTP/2 each is one connection, with HTTP/1.1 as many as it has requests in flight.</summary>
    private readonly ImmutableArray<HttpMessageInvoker> _clients = [.. Enumerable.Range(0, 4).Select(_ => Connect())];
    private int _sent;

    public string Protocol => http == HttpVersion.Version20 ? "HTTP/2" : "HTTP/1.1";

    /// <summary>One request, in milliseconds; the first of a generator connects as well.</summary>
    public async Task<double> SendOneAsync(string path)
    {
        var begin = Stopwatch.GetTimestamp();
        await SendAsync(_clients[0], AddressOf(path));
        return MillisecondsSince(begin);
    }

    /// <summary>As fast as answers come, for a while.</summary>
    public Task<Round> DriveAsync(string path, TimeSpan duration)
    {
        var begin = Stopwatch.GetTimestamp();
        return DriveAsync(path, () => Stopwatch.GetElapsedTime(begin) < duration);
    }

    /// <summary>As fast as answers come, so many requests.</summary>
    public Task<Round> DriveAsync(string path, int requests) => DriveAsync(path, () => Interlocked.Decrement(ref requests) >= 0);

    /// <summary>As a schedule wants it: a latency counts from when the request was due.</summary>
    public Task<Round> FollowAsync(string path, ChannelReader<long> schedule) => RunAsync(path, async (send, latencies) =>
    {
        await foreach (var due in schedule.ReadAllAsync())
        {
            await send();
            latencies.Add(MillisecondsSince(due));
        }
    });

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
    }

    private Task<Round> DriveAsync(string path, Func<bool> goesOn) => RunAsync(path, async (send, latencies) =>
    {
        while (goesOn())
        {
            var begin = Stopwatch.GetTimestamp();
            await send();
            latencies.Add(MillisecondsSince(begin));
        }
    });

    private async Task<Round> RunAsync(string path, Func<Func<Task>, List<double>, Task> work)
    {
        var address = AddressOf(path);
        var latencies = Enumerable.Range(0, InFlight).Select(_ => new List<double>()).ToList();
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(latencies.Select((list, i) => Task.Run(() => work(() => SendAsync(_clients[i % _clients.Length], address), list))));
        return new(Stopwatch.GetElapsedTime(begin), [.. latencies.SelectMany(list => list)]);
    }

    private async Task SendAsync(HttpMessageInvoker client, Uri address)
    {
        var review = reviews[(int)((uint)Interlocked.Increment(ref _sent) % (uint)reviews.Length)];
        using var content = new ByteArrayContent(review) { Headers = { ContentType = Json } };
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Version = http, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content };
        using var response = await client.SendAsync(request, CancellationToken.None);
        var answer = await response.Content.ReadAsByteArrayAsync();
        if (response.StatusCode != HttpStatusCode.OK || answer.AsSpan().IndexOf("\"allowed\":true"u8) < 0)
            throw new InvalidOperationException($"{address} answered {(int)response.StatusCode}: {Encoding.UTF8.GetString(answer)}");
    }

    /// <summary>With the timeout that API servers add.</summary>
    private Uri AddressOf(string path) => new(webhook, $"{path}?timeout=10s");

    private static double MillisecondsSince(long timestamp) => Stopwatch.GetElapsedTime(timestamp).TotalMilliseconds;

    private static HttpMessageInvoker Connect() => new(new SocketsHttpHandler
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
    });
}
