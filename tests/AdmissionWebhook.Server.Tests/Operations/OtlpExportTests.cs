using System.Net;
using System.Text;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Server.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace AdmissionWebhook.Server.Tests.Operations;

public sealed class OtlpExportTests
{
    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", true)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", true)]
    [InlineData("OTEL_SERVICE_NAME", false)]
    public void Sends_metrics_only_when_a_variable_names_a_collector(string variable, bool expected) =>
        Assert.Equal(expected, OtlpExport.IsWanted(new ConfigurationBuilder().AddInMemoryCollection([new(variable, "http://127.0.0.1:4318")]).Build()));

    [Fact]
    public async Task Sends_metrics_with_buckets_and_labels_before_the_server_stops()
    {
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var collector = await StartCollectorAsync(received);
        using var metrics = new Metrics([]);
        using var export = new OtlpExport(metrics, new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.Single()),
            new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ]).Build());
        await export.StartAsync(default);

        metrics.CountReview(AdmissionPhase.Validating, "denied", TimeSpan.FromMilliseconds(3));
        metrics.CountFinding("service-no-node-port", Enforcement.Deny);
        await export.StopAsync(default);

        var sent = await received.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("/v1/metrics", sent, StringComparison.Ordinal);
        foreach (var expected in new[] { "admission-webhook", "admission_webhook_reviews_total", "denied", "admission_webhook_review_duration_seconds", "service-no-node-port" })
            Assert.Contains(expected, sent, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(BitConverter.GetBytes(0.00025)), sent, StringComparison.Ordinal);
    }

    /// <summary>Takes what is sent as it is: names and labels stand in it as text, and bounds of buckets as eight bytes.</summary>
    private static async Task<WebApplication> StartCollectorAsync(TaskCompletionSource<string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var collector = builder.Build();
        collector.Run(async http =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            received.TrySetResult($"{http.Request.Path}\n{Encoding.Latin1.GetString(body.ToArray())}");
        });
        await collector.StartAsync();
        return collector;
    }
}
