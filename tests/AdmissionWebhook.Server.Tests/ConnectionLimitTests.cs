using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace AdmissionWebhook.Server.Tests;

/// <summary>Callers that are no API servers: slow, greedy or silent.</summary>
public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task Rejects_large_headers()
    {
        await using var server = await RunningServer.StartAsync();
        await using var caller = await server.ConnectAsync();

        await WriteAsync(caller, $"POST /validate HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', 20_000)}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 431 ", await ReadAsync(caller), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("80000000")]
    [InlineData("ffffffffffffffffff")]
    [InlineData("x")]
    public async Task Never_answers_200_to_a_body_with_an_invalid_chunk_size(string size)
    {
        await using var server = await RunningServer.StartAsync();
        await using var caller = await server.ConnectAsync();

        await WriteAsync(caller, $"POST /validate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{{}}\r\n0\r\n\r\n");

        Assert.False((await ReadUnlessClosedAsync(caller)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cuts_a_slow_body_long_before_its_deadline()
    {
        await using var server = await RunningServer.StartAsync();
        await using var caller = await server.ConnectAsync();
        var begin = TimeProvider.System.GetTimestamp();

        await WriteAsync(caller, "POST /validate?timeout=30s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
        var answer = await ReadAsync(caller);

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Rejects_a_stalled_body_after_its_time_limit_and_logs_no_error()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:BodyTimeout", "1s"));
        await using var caller = await server.ConnectAsync();

        await WriteAsync(caller, "POST /validate?timeout=30s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");

        Assert.StartsWith("HTTP/1.1 408 ", await ReadAsync(caller), StringComparison.Ordinal);
        await server.UntilAsync("/metrics", "admission_webhook_refused_reviews_total{reason=\"body\"} 1\n");
        await server.ReviewAsync("/validate", Reviews.Sample("allowed"));
        Assert.DoesNotContain(server.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silent_connection_gives_way_to_a_caller_from_the_same_address()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxConnections", "8"));
        var silent = new List<SslStream>();
        for (var i = 0; i < 20; i++)
            silent.Add(await server.ConnectAsync());

        await server.ReviewAsync("/validate", Reviews.Sample("allowed"));

        await server.UntilAsync("/metrics", "admission_webhook_closed_connections_total{port=\"webhook\",reason=\"evicted\"} 17\n");
        Assert.Equal((HttpStatusCode.OK, "ok"), await server.GetAsync("/livez"));
        silent.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task A_connection_with_a_request_outlives_silent_ones()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxConnections", "8"));
        await using var caller = await server.ConnectAsync();
        await AskAsync(caller);
        var silent = new List<SslStream>();
        for (var i = 0; i < 20; i++)
            silent.Add(await server.ConnectAsync());

        await AskAsync(caller);

        silent.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task Closes_an_idle_connection_cleanly()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxConnections", "4"));
        await using var first = await server.ConnectAsync();
        await AskAsync(first);
        await using var second = await server.ConnectAsync();
        await AskAsync(second);

        await using var third = await server.ConnectAsync();
        await AskAsync(third);

        Assert.Equal("", await ReadAsync(first));
        await AskAsync(second);
    }

    [Fact]
    public async Task A_connection_without_a_handshake_gives_way_too()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxConnections", "8"));
        var silent = Enumerable.Range(0, 20).Select(_ => new TcpClient(server.Webhook.Host, server.Webhook.Port)).ToList();
        await server.UntilAsync("/metrics", "admission_webhook_closed_connections_total{port=\"webhook\",reason=\"evicted\"} 16\n");

        await server.ReviewAsync("/validate", Reviews.Sample("allowed"));

        silent.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task Closes_silent_connections_soon_while_connections_are_scarce()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxConnections", "8"), ("Webhook:FirstRequestTimeout", "1s"));
        var silent = new List<SslStream>();
        for (var i = 0; i < 3; i++)
            silent.Add(await server.ConnectAsync());

        await server.UntilAsync("/metrics", "admission_webhook_closed_connections_total{port=\"webhook\",reason=\"silent\"} 3\n");

        silent.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task A_kubelet_gets_through_beside_silent_connections_to_the_operations_port()
    {
        await using var server = await RunningServer.StartAsync(("Operations:MaxConnections", "64"));
        var silent = Enumerable.Range(0, 200).Select(_ => new TcpClient(server.Operations.Host, server.Operations.Port)).ToList();

        // Connections are taken up in no order, so those of the crowd may still push out an early probe. A kubelet gives up after its third.
        var answers = new List<bool>();
        for (var i = 0; i < 12; i++)
            answers.Add(await IsAnsweredAsync());

        Assert.DoesNotContain("FFF", string.Concat(answers.Select(answer => answer ? "T" : "F")), StringComparison.Ordinal);
        Assert.Equal([true, true, true], answers[^3..]);

        silent.ForEach(each => each.Dispose());

        async Task<bool> IsAnsweredAsync()
        {
            try
            {
                return await server.GetAsync("/livez") == (HttpStatusCode.OK, "ok");
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_kubelet_gets_through_beside_clients_that_do_not_read()
    {
        const int Places = 16;
        await using var server = await RunningServer.StartAsync(("Operations:MaxConnections", $"{Places}"));
        var asking = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 2000)));
        var clients = new List<TcpClient>();
        for (var i = 0; i < Places * 2; i++)
        {
            var client = new TcpClient { ReceiveBufferSize = 1024 };
            await client.ConnectAsync(server.Operations.Host, server.Operations.Port);
            clients.Add(client);
            _ = client.GetStream().WriteAsync(asking).AsTask().ContinueWith(written => written.Exception, TaskScheduler.Default);
        }

        await server.UntilAsync("/metrics", "admission_webhook_closed_connections_total{port=\"operations\",reason=\"evicted\"}");

        Assert.Equal((HttpStatusCode.OK, "ok"), await server.GetAsync("/livez"));
        clients.ForEach(each => each.Dispose());
    }

    private static ValueTask WriteAsync(SslStream caller, string text) => caller.WriteAsync(Encoding.ASCII.GetBytes(text));

    private static async Task<string> ReadAsync(SslStream caller)
    {
        var buffer = new byte[4096];
        return Encoding.ASCII.GetString(buffer, 0, await caller.ReadAsync(buffer));
    }

    /// <summary>What comes first; nothing where the connection ends instead.</summary>
    private static async Task<string> ReadUnlessClosedAsync(SslStream caller)
    {
        try
        {
            return await ReadAsync(caller);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task AskAsync(SslStream caller)
    {
        var review = Reviews.Sample("allowed");
        await WriteAsync(caller, $"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Encoding.UTF8.GetByteCount(review)}\r\n\r\n{review}");
        Assert.StartsWith("HTTP/1.1 200 ", await ReadAsync(caller), StringComparison.Ordinal);
    }
}
