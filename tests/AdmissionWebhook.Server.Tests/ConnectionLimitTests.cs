using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace AdmissionWebhook.Server.Tests;

/// <summary>Callers that are no API servers: slow, greedy or silent.</summary>
public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task Large_headers_are_refused()
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
    public async Task A_body_in_chunks_whose_size_is_no_number_is_never_answered_with_200(string size)
    {
        await using var server = await RunningServer.StartAsync();
        await using var caller = await server.ConnectAsync();

        await WriteAsync(caller, $"POST /validate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{{}}\r\n0\r\n\r\n");

        Assert.False((await ReadUnlessClosedAsync(caller)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_that_trickles_is_cut_long_before_its_own_deadline()
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
    public async Task A_body_that_stalls_is_refused_after_its_time_and_nothing_is_logged_as_an_error()
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
    public async Task Silent_connections_give_way_to_a_caller_behind_the_same_address()
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
    public async Task A_connection_that_has_asked_outlives_silent_ones()
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
    public async Task An_idle_connection_that_gives_way_is_ended_in_order()
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
    public async Task Connections_that_never_begin_a_handshake_give_way_too()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxConnections", "8"));
        var silent = Enumerable.Range(0, 20).Select(_ => new TcpClient(server.Webhook.Host, server.Webhook.Port)).ToList();
        await server.UntilAsync("/metrics", "admission_webhook_closed_connections_total{port=\"webhook\",reason=\"evicted\"} 16\n");

        await server.ReviewAsync("/validate", Reviews.Sample("allowed"));

        silent.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task Silent_connections_are_closed_soon_while_connections_are_scarce()
    {
        await using var server = await RunningServer.StartAsync(("Webhook:MaxConnections", "8"), ("Webhook:FirstRequestTimeout", "1s"));
        var silent = new List<SslStream>();
        for (var i = 0; i < 3; i++)
            silent.Add(await server.ConnectAsync());

        await server.UntilAsync("/metrics", "admission_webhook_closed_connections_total{port=\"webhook\",reason=\"silent\"} 3\n");

        silent.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task Silent_connections_to_the_operations_port_keep_no_kubelet_out()
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
    public async Task Clients_of_the_operations_port_that_do_not_read_keep_no_kubelet_out()
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
