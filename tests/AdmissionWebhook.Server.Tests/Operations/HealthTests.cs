using System.Net;

namespace AdmissionWebhook.Server.Tests.Operations;

public sealed class HealthTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task A_running_server_is_live() =>
        Assert.Equal((HttpStatusCode.OK, "ok"), await server.GetAsync("/livez"));

    [Fact]
    public async Task A_server_with_all_it_needs_is_ready() =>
        Assert.Equal((HttpStatusCode.OK, "ok"), await server.GetAsync("/readyz"));

    [Fact]
    public async Task Verbose_readiness_lists_each_condition()
    {
        var (status, text) = await server.GetAsync("/readyz?verbose");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """
            [+]listener ok
            [+]certificate ok
            [+]policy ok
            [+]cluster Service ok
            [+]cluster Ingress ok
            [+]cluster IngressClass ok
            [+]cluster Namespace ok
            readyz check passed

            """,
            text);
    }

    [Theory]
    [InlineData("/validate")]
    [InlineData("/")]
    public async Task The_webhook_rejects_plain_HTTP(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Operations, path)) { Version = HttpVersion.Version11, Content = new StringContent("{}") };

        using var answer = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
