using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace AdmissionWebhook.Server.Operations;

/// <summary>
/// Sends the metrics of the webhook to a collector (OTLP). The variables of the standard set address, interval and protocol:
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and its like, <c>OTEL_METRIC_EXPORT_INTERVAL</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>. Without a collector the
/// server loads no code of it.
/// </summary>
/// <param name="metrics">The metrics to send.</param>
/// <param name="variables">The variables of the standard.</param>
internal sealed class OtlpExport(Metrics metrics, IConfiguration variables) : IHostedService, IDisposable
{
    private static readonly string[] Endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    private MeterProvider? _provider;

    /// <summary>Whether a variable names a collector.</summary>
    public static bool IsWanted(IConfiguration variables) => Array.Exists(Endpoints, name => !string.IsNullOrEmpty(variables[name]));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(variables))
            .ConfigureResource(resource => resource.AddService("admission-webhook", serviceVersion: Policy.Evaluation.Probe.Version, serviceInstanceId: Environment.MachineName).AddEnvironmentVariableDetector())
            .AddMeter(Metrics.MeterName)
            .AddView(instrument => !metrics.Measures(instrument) ? MetricStreamConfiguration.Drop
                : instrument.GetType() == typeof(System.Diagnostics.Metrics.Histogram<double>) ? new ExplicitBucketHistogramConfiguration { Boundaries = PrometheusText.Buckets }
                : null)
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    /// <summary>Sends the metrics since the last time.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(Dispose, cancellationToken);

    public void Dispose() => Interlocked.Exchange(ref _provider, null)?.Dispose();
}
