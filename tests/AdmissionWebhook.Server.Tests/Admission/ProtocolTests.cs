using System.Net;
using System.Text;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class ProtocolTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Answers_a_review_in_JSON_of_known_length()
    {
        using var answer = await server.PostAsync("/validate?timeout=10s", new StringContent(Reviews.Sample("allowed"), Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.True(answer.Content.Headers.ContentLength > 0);
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("", "The body is not JSON")]
    [InlineData("hello", "The body is not JSON")]
    [InlineData("{\"apiVersion\": \"admission.k8s.io/v1\"", "The body is not JSON")]
    [InlineData("{} {}", "The body is not JSON")]
    [InlineData("{}", "The body is not an AdmissionReview of admission.k8s.io/v1.")]
    [InlineData("[]", "The body is not an AdmissionReview of admission.k8s.io/v1.")]
    [InlineData("null", "The body is not an AdmissionReview of admission.k8s.io/v1.")]
    [InlineData("{\"apiVersion\": \"admission.k8s.io/v1beta1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\": \"a\"}}", "The body is not an AdmissionReview of admission.k8s.io/v1.")]
    [InlineData("{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\"}", "The review must have a request.uid")]
    [InlineData("{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": null}", "The review must have a request.uid")]
    [InlineData("{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\": null}}", "The review must have a request.uid")]
    [InlineData("{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\": 7}}", "The review must have a request.uid")]
    [InlineData("{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\": \"\"}}", "The review must have a request.uid")]
    [InlineData("{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\": \"\\ud800\"}}", "The review must have a request.uid")]
    public async Task Answers_400_with_a_reason_to_an_invalid_review(string body, string reason)
    {
        using var answer = await server.PostAsync("/validate", body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(reason, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData(1024, HttpStatusCode.OK)]
    [InlineData(1025, HttpStatusCode.BadRequest)]
    public async Task Echoes_a_uid_completely_or_rejects_it(int length, HttpStatusCode expected)
    {
        var uid = new string('u', length);

        using var answer = await server.PostAsync("/validate", Reviews.Of(Reviews.GoodIngress).Replace(Reviews.Uid, uid, StringComparison.Ordinal));

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK, (await answer.Content.ReadAsStringAsync()).Contains(uid, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Invalid_UTF_8_is_a_bad_request()
    {
        var body = Encoding.UTF8.GetBytes(Reviews.Sample("allowed"));
        body[body.AsSpan().IndexOf("shop"u8)] = 0xff;

        using var answer = await server.PostAsync("/validate", new ByteArrayContent(body));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("The body is not UTF-8.\n", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(10_000, HttpStatusCode.OK)]
    [InlineData(10_200, HttpStatusCode.BadRequest)]
    [InlineData(1_000_000, HttpStatusCode.BadRequest)]
    public async Task Too_deep_nesting_is_a_bad_request(int levels, HttpStatusCode expected)
    {
        var deep = $$"""{"metadata": {"x": {{new string('[', levels) + new string(']', levels)}} } }""";

        using var answer = await server.PostAsync("/validate", Reviews.Of(deep));

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Four_MiB_are_too_large()
    {
        using var answer = await server.PostAsync("/validate", new ByteArrayContent(new byte[4 * 1024 * 1024]));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Four_MiB_of_unannounced_length_are_too_large()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Webhook, "/validate")) { Content = new ByteArrayContent(new byte[4 * 1024 * 1024]) };
        request.Headers.TransferEncodingChunked = true;

        using var answer = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Answers_a_review_of_almost_three_MiB()
    {
        var large = Reviews.GoodIngress.Replace("\"metadata\": {", $$"""  "metadata": {"managedFields": [{"manager": "{{new string('x', 3_000_000)}}"}],""", StringComparison.Ordinal);

        await using var roomy = await RunningServer.StartAsync(("Webhook:MaxReviewBytes", "20971520"));
        var response = await roomy.ReviewAsync("/validate", Reviews.Of(large));

        Assert.True((bool)response["allowed"]!);
    }

    [Fact]
    public async Task Checks_the_largest_update_of_an_API_server_when_the_limit_allows_it()
    {
        // What fills etcd's 1.5 MiB takes six times as much where every character has to be escaped.
        var large = Reviews.BadIngress.Replace("\"path\": \"/\"", $"\"path\": \"/{string.Concat(Enumerable.Repeat("\\u003c", 1_500_000))}\"", StringComparison.Ordinal);

        await using var roomy = await RunningServer.StartAsync(("Webhook:MaxReviewBytes", "20971520"));
        var response = await roomy.ReviewAsync("/validate", Reviews.Of(large, large.Replace("\"tls\"", "\"slt\"", StringComparison.Ordinal).Replace("shop.example.com", "old.example.com", StringComparison.Ordinal), "UPDATE"));

        Assert.False((bool)response["allowed"]!);
    }

    [Theory]
    [InlineData("GET", "/validate", HttpStatusCode.MethodNotAllowed)]
    [InlineData("PUT", "/mutate", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/", HttpStatusCode.NotFound)]
    [InlineData("POST", "/validate/more", HttpStatusCode.NotFound)]
    [InlineData("GET", "/livez", HttpStatusCode.NotFound)]
    [InlineData("GET", "/readyz", HttpStatusCode.NotFound)]
    public async Task The_webhook_port_serves_no_other_path(string method, string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(server.Webhook, path));

        using var answer = await server.Client.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Gives_up_a_body_that_does_not_arrive_in_time()
    {
        await using var caller = await server.ConnectAsync();

        await caller.WriteAsync("POST /validate?timeout=50ms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"u8.ToArray());
        var answer = new byte[12];
        await caller.ReadExactlyAsync(answer);

        Assert.Equal("HTTP/1.1 408", Encoding.ASCII.GetString(answer));
    }

    [Fact]
    public async Task A_stop_waits_for_requests_in_progress()
    {
        await using var stopping = await RunningServer.StartAsync();
        var body = new StreamInTwoParts(Encoding.UTF8.GetBytes(Reviews.Sample("allowed")));
        using var slow = new HttpRequestMessage(HttpMethod.Post, new Uri(stopping.Webhook, "/validate")) { Content = new StreamContent(body), Headers = { ExpectContinue = true } };
        var asked = stopping.Client.SendAsync(slow);
        await body.FirstPartRead;

        var stopped = stopping.StopAsync();
        body.Release();
        using var answer = await asked;
        await stopped;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
