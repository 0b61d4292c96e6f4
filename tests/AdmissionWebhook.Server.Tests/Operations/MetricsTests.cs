using System.Text;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Tests.Cluster;
using AdmissionWebhook.TestSupport;
using Microsoft.AspNetCore.Http;

namespace AdmissionWebhook.Server.Tests.Operations;

public sealed class MetricsTests
{
    [Fact]
    public async Task Counts_reviews_by_phase_and_verdict_without_labels_from_the_request()
    {
        await using var server = await RunningServer.StartAsync();

        await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress));
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress));
        await server.ReviewAsync("/mutate", Reviews.Of(Reviews.GoodIngress));

        var (_, text) = await server.GetAsync("/metrics");
        Assert.Contains("admission_webhook_reviews_total{phase=\"validating\",verdict=\"denied\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_reviews_total{phase=\"validating\",verdict=\"allowed\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_review_duration_seconds_bucket{phase=\"mutating\",le=\"+Inf\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_review_duration_seconds_count{phase=\"validating\"} 3\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("shop", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_metrics_in_the_format_of_Prometheus()
    {
        var clock = new FakeTimeProvider();
        var watch = new WatchStatus("Service", () => 2, clock) { Trimmed = () => 1 };
        using var metrics = new Metrics([watch]);
        using var text = new PrometheusText(metrics);
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };

        watch.Sync();
        clock.Advance(TimeSpan.FromSeconds(7));
        metrics.CountReview(AdmissionPhase.Mutating, "allowed", TimeSpan.FromSeconds(3));
        metrics.CountRefused("delay");
        metrics.CountRefusedCaller("absent");
        metrics.CountLostRecords("file", 5);
        metrics.CountRuleFailure("a");
        metrics.CountExempted("b");
        metrics.CountLiveRead("found");
        await text.WriteAsync(context);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", context.Response.ContentType);
        Assert.Equal(
            """
            # HELP admission_webhook_cluster_last_heard_seconds Time since the last sign of the kind's watch.
            # TYPE admission_webhook_cluster_last_heard_seconds gauge
            admission_webhook_cluster_last_heard_seconds{kind="Service"} 7
            # HELP admission_webhook_cluster_lists_total Complete lists of the kind.
            # TYPE admission_webhook_cluster_lists_total counter
            admission_webhook_cluster_lists_total{kind="Service"} 1
            # HELP admission_webhook_cluster_objects Known objects of the kind.
            # TYPE admission_webhook_cluster_objects gauge
            admission_webhook_cluster_objects{kind="Service"} 2
            # HELP admission_webhook_cluster_stale 1 while the watch of the kind is down for too long to know which objects are missing.
            # TYPE admission_webhook_cluster_stale gauge
            admission_webhook_cluster_stale{kind="Service"} 0
            # HELP admission_webhook_cluster_synced 1 when all objects of the kind are listed.
            # TYPE admission_webhook_cluster_synced gauge
            admission_webhook_cluster_synced{kind="Service"} 1
            # HELP admission_webhook_cluster_trimmed_objects Objects of the kind that are larger than the part that is kept.
            # TYPE admission_webhook_cluster_trimmed_objects gauge
            admission_webhook_cluster_trimmed_objects{kind="Service"} 1
            # HELP admission_webhook_cluster_unreadable_objects Objects of the kind that cannot be read. Their last good version counts, or they count as absent.
            # TYPE admission_webhook_cluster_unreadable_objects gauge
            admission_webhook_cluster_unreadable_objects{kind="Service"} 0
            # HELP admission_webhook_cluster_watch_failures_total Failed lists and watches of the kind.
            # TYPE admission_webhook_cluster_watch_failures_total counter
            admission_webhook_cluster_watch_failures_total{kind="Service"} 0
            # HELP admission_webhook_exempted_findings_total Violations that an exemption allowed.
            # TYPE admission_webhook_exempted_findings_total counter
            admission_webhook_exempted_findings_total{rule="b"} 1
            # HELP admission_webhook_live_reads_total Objects read from the API server before a denial, by result.
            # TYPE admission_webhook_live_reads_total counter
            admission_webhook_live_reads_total{result="found"} 1
            # HELP admission_webhook_lost_records_total Decision records that were not written, by output.
            # TYPE admission_webhook_lost_records_total counter
            admission_webhook_lost_records_total{output="file"} 5
            # HELP admission_webhook_refused_callers_total Callers rejected for their certificate or token, by the error in it.
            # TYPE admission_webhook_refused_callers_total counter
            admission_webhook_refused_callers_total{reason="absent"} 1
            # HELP admission_webhook_refused_reviews_total Reviews rejected because of too much load, by the limit that was reached.
            # TYPE admission_webhook_refused_reviews_total counter
            admission_webhook_refused_reviews_total{reason="delay"} 1
            # HELP admission_webhook_review_duration_seconds Time from the arrival of a review to its answer.
            # TYPE admission_webhook_review_duration_seconds histogram
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.0001"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.00025"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.0005"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.001"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.0025"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.005"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.01"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.025"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.05"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.1"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.25"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="0.5"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="1.0"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="2.5"} 0
            admission_webhook_review_duration_seconds_bucket{phase="mutating",le="+Inf"} 1
            admission_webhook_review_duration_seconds_sum{phase="mutating"} 3
            admission_webhook_review_duration_seconds_count{phase="mutating"} 1
            # HELP admission_webhook_reviews_total Reviews answered, by phase and verdict.
            # TYPE admission_webhook_reviews_total counter
            admission_webhook_reviews_total{phase="mutating",verdict="allowed"} 1
            # HELP admission_webhook_rule_failures_total Failures of rules: a bug, or a decision that needed too much work.
            # TYPE admission_webhook_rule_failures_total counter
            admission_webhook_rule_failures_total{rule="a"} 1

            """,
            Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()));
    }

    [Fact]
    public async Task Writes_OpenMetrics_with_units_and_an_end_when_asked()
    {
        using var metrics = new Metrics([]);
        using var text = new PrometheusText(metrics);
        metrics.CountReview(AdmissionPhase.Mutating, "allowed", TimeSpan.FromSeconds(3));
        var context = new DefaultHttpContext { Request = { Headers = { Accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5" } }, Response = { Body = new MemoryStream() } };

        await text.WriteAsync(context);

        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", context.Response.ContentType);
        var written = Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());
        Assert.Contains("# TYPE admission_webhook_reviews counter\nadmission_webhook_reviews_total{phase=\"mutating\",verdict=\"allowed\"} 1\n", written, StringComparison.Ordinal);
        Assert.Contains("# TYPE admission_webhook_review_duration_seconds histogram\n# UNIT admission_webhook_review_duration_seconds seconds\n", written, StringComparison.Ordinal);
        Assert.Contains("le=\"1.0\"} 0\n", written, StringComparison.Ordinal);
        Assert.EndsWith("\n# EOF\n", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_the_process_and_the_build()
    {
        await using var server = await RunningServer.StartAsync();

        var (_, text) = await server.GetAsync("/metrics");

        Assert.Matches("\nprocess_cpu_seconds_total\\{\\} [0-9.]+\n", text);
        Assert.Matches("\nprocess_resident_memory_bytes\\{\\} [0-9]{7,}\n", text);
        Assert.Matches("\nprocess_start_time_seconds\\{\\} [0-9.]{10,}\n", text);
        Assert.Matches($"\nadmission_webhook_build_info\\{{version=\"{Probe.Version}\",revision=\"[0-9a-f]*\"\\}} 1\n", text);
    }

    [Fact]
    public async Task Violations_are_counted_by_rule_and_enforcement()
    {
        await using var server = await RunningServer.StartAsync();

        await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress));

        var (_, text) = await server.GetAsync("/metrics");
        Assert.Contains("admission_webhook_findings_total{rule=\"ingress-tls-required\",enforcement=\"Deny\"} 1\n", text, StringComparison.Ordinal);
    }

    /// <summary>Runs where Prometheus's own tool is installed.</summary>
    [Fact]
    public async Task Promtool_accepts_the_metrics()
    {
        var promtool = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(promtool is null, "There is no promtool on the PATH.");
        await using var server = await RunningServer.StartAsync();
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress));
        var (_, text) = await server.GetAsync("/metrics");

        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(promtool!, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        var complaints = await process.StandardError.ReadToEndAsync() + await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(("", 0), (complaints, process.ExitCode));
    }

    [Fact]
    public async Task Every_series_of_an_alert_starts_at_zero()
    {
        await using var server = await RunningServer.StartAsync();

        var (_, text) = await server.GetAsync("/metrics");

        Assert.Contains("admission_webhook_refused_reviews_total{reason=\"delay\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_refused_callers_total{reason=\"untrusted\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_closed_connections_total{port=\"webhook\",reason=\"evicted\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_refused_reviews_total{reason=\"address\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_lost_records_total{output=\"stdout\"} 0\n", text, StringComparison.Ordinal);
        Assert.All(RuleCatalog.All, rule => Assert.Contains($"admission_webhook_rule_failures_total{{rule=\"{rule.Id}\"}} 0\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Drops_a_series_that_is_no_longer_measured()
    {
        var watch = new WatchStatus("Secret", () => 2, TimeProvider.System);
        using var metrics = new Metrics([watch]);
        using var text = new PrometheusText(metrics);
        metrics.CountRuleFailure("a");

        watch.IsStale = true;
        var before = await WriteAsync(text);
        watch.Pause();
        var after = await WriteAsync(text);

        Assert.Contains("admission_webhook_cluster_stale{kind=\"Secret\"} 1\n", before, StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", after, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_rule_failures_total{rule=\"a\"} 1\n", after, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, 0, null)]
    [InlineData("it is not trusted", null, 1, "it is not trusted")]
    [InlineData(null, "its caBundle cannot be kept", 1, "its caBundle cannot be kept")]
    [InlineData("it is not trusted", "its caBundle cannot be kept", 1, "it is not trusted; its caBundle cannot be kept")]
    public async Task Reports_a_caBundle_that_lacks_the_authority_or_cannot_be_written(string? distrust, string? fault, int expected, string? detail)
    {
        var certificate = new CertificateStatus(new(ServingCertificate.Ephemeral(TimeProvider.System.GetUtcNow())), TimeProvider.System) { Distrust = distrust, BundleFault = fault };
        using var metrics = new Metrics([], certificate: certificate);
        using var text = new PrometheusText(metrics);

        var written = await WriteAsync(text);

        Assert.Contains($"\nadmission_webhook_ca_bundle_wrong{{}} {expected}\n", written, StringComparison.Ordinal);
        Assert.Equal(detail, certificate.Detail);
    }

    [Fact]
    public async Task Metrics_and_readiness_report_the_state_of_watches()
    {
        await using var cluster = await FakeApiServer.StartAsync();
        cluster.Faults.AnswerAlways("/api/v1/namespaces", 403, "Forbidden");
        cluster.Put(WatchedKind.Service("a") + "\n---\n" + WatchedKind.Service("b"));
        await using var server = await RunningServer.WatchingAsync(cluster.Address);
        await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));

        var (_, text) = await server.GetAsync("/metrics");
        Assert.Contains("admission_webhook_cluster_synced{kind=\"Service\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_cluster_objects{kind=\"Service\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_cluster_synced{kind=\"Namespace\"} 0\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("{kind=\"Secret\"}", text, StringComparison.Ordinal);
        Assert.Contains("admission_webhook_live_reads_total{result=\"missing\"} 2\n", text, StringComparison.Ordinal);
        var (_, ready) = await server.GetAsync("/readyz?verbose");
        Assert.Contains("[+]cluster Service ok\n", ready, StringComparison.Ordinal);
        Assert.Contains($"[+]cluster {ResourceKind.Namespace} ok: stale, missing objects count as unknown: Forbidden on purpose\n", ready, StringComparison.Ordinal);
    }

    private static async Task<string> WriteAsync(PrometheusText text)
    {
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        await text.WriteAsync(context);
        return Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());
    }
}
