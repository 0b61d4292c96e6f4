using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace AdmissionWebhook.EndToEnd.Tests.RollOut;

/// <summary>What signals do to the process.</summary>
public sealed class StopTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stop-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task After_a_SIGTERM_is_not_ready_but_answers_until_the_drain_time_ends()
    {
        await using var replica = await StartAsync(drainSeconds: 3);
        var begin = TimeProvider.System.GetTimestamp();

        replica.Signal("-TERM");
        await replica.UntilAsync(HttpStatusCode.ServiceUnavailable);
        using var first = await replica.ReviewAsync(HttpVersion.Version11);
        using var second = await replica.ReviewAsync(HttpVersion.Version20);
        var exitCode = await replica.WaitForExitAsync();

        Assert.True(exitCode == 0, replica.Output);
        Assert.True(TimeProvider.System.GetElapsedTime(begin) >= TimeSpan.FromSeconds(3));
        Assert.Equal((HttpStatusCode.OK, true), (first.StatusCode, first.Headers.ConnectionClose));
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(2, File.ReadLines(replica.AuditFile).Count());
    }

    [Fact]
    public async Task Keeps_connections_open_before_a_SIGTERM()
    {
        await using var replica = await StartAsync(drainSeconds: 3);

        using var answer = await replica.ReviewAsync(HttpVersion.Version11);

        Assert.NotEqual(true, answer.Headers.ConnectionClose);
    }

    [Fact]
    public async Task Ctrl_C_accepts_no_new_caller()
    {
        await using var replica = await StartAsync(drainSeconds: 600);

        replica.Signal("-INT");

        Assert.Equal(0, await replica.WaitForExitAsync());
    }

    [Theory]
    [InlineData("-TERM", 143)]
    [InlineData("-INT", 130)]
    public async Task A_second_signal_stops_at_once(string second, int exitCode)
    {
        await using var replica = await StartAsync(drainSeconds: 600);
        replica.Signal("-TERM");
        await replica.UntilAsync(HttpStatusCode.ServiceUnavailable);

        replica.Signal(second);

        Assert.Equal(exitCode, await replica.WaitForExitAsync());
    }

    [Fact]
    public async Task Stops_despite_open_connections_and_stuck_requests()
    {
        await using var replica = await StartAsync(drainSeconds: 1);
        using var silent = new TcpClient("localhost", replica.Port);
        await using var idle = await SendAsync(replica.Port, "");
        await using var halfHeaders = await SendAsync(replica.Port, "POST /validate HTTP/1.1\r\nHost: localhost\r\n");
        await using var halfBody = await SendAsync(replica.Port, "POST /validate?timeout=30s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
        using var answered = await replica.ReviewAsync(HttpVersion.Version20);

        replica.Signal("-TERM");
        var exitCode = await replica.WaitForExitAsync();

        Assert.True(exitCode == 0, replica.Output);
    }

    private Task<Replica> StartAsync(int drainSeconds) =>
        Replica.StartAsync(Path.Combine(_folder.FullName, "audit.log"), "--Cluster:Source=Manifests", "--Certificate:Source=Ephemeral", "--Webhook:Http2=true", $"--Webhook:DrainSeconds={drainSeconds}");

    /// <summary>Opens a connection and says so much on it.</summary>
    internal static async Task<SslStream> SendAsync(int port, string text)
    {
        var socket = new TcpClient("localhost", port);
        var tls = new SslStream(socket.GetStream(), false, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync("localhost");
        await tls.WriteAsync(Encoding.ASCII.GetBytes(text));
        return tls;
    }
}
