using System.Diagnostics;
using System.Diagnostics.Metrics;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Policies;

namespace AdmissionWebhook.Server.Operations;

/// <summary>The metrics of the webhook. Names are an interface: dashboards and alerts use them. No label comes from a request.</summary>
internal sealed class Metrics : IDisposable
{
    public const string MeterName = "AdmissionWebhook";

    private const string Descriptors = "/proc/self/fd";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _reviews, _refused, _refusedCallers, _closedConnections, _lostRecords, _ruleFailures, _exemptions, _findings, _liveReads, _claims;
    private readonly Histogram<double> _durations;

    public Metrics(IEnumerable<WatchStatus> watches, PolicyStore? policies = null, LeaderElection? election = null, CertificateStatus? certificate = null)
    {
        _reviews = _meter.CreateCounter<long>("admission_webhook_reviews_total", description: "Reviews answered, by phase and verdict.");
        _refused = _meter.CreateCounter<long>("admission_webhook_refused_reviews_total", description: "Reviews rejected because of too much load, by the limit that was reached.");
        _refusedCallers = _meter.CreateCounter<long>("admission_webhook_refused_callers_total", description: "Callers rejected for their certificate or token, by the error in it.");
        _closedConnections = _meter.CreateCounter<long>("admission_webhook_closed_connections_total", description: "Connections that the server closed to make room for others, by port and reason.");
        _lostRecords = _meter.CreateCounter<long>("admission_webhook_lost_records_total", description: "Decision records that were not written, by output.");
        _durations = _meter.CreateHistogram<double>("admission_webhook_review_duration_seconds", "s", "Time from the arrival of a review to its answer.");
        _ruleFailures = _meter.CreateCounter<long>("admission_webhook_rule_failures_total", description: "Failures of rules: a bug, or a decision that needed too much work.");
        _findings = _meter.CreateCounter<long>("admission_webhook_findings_total", description: "Violations found in reviews, by rule and enforcement.");
        _exemptions = _meter.CreateCounter<long>("admission_webhook_exempted_findings_total", description: "Violations that an exemption allowed.");
        _claims = _meter.CreateCounter<long>("admission_webhook_claims_total", description: "Hosts that allowed Ingresses claimed, by result.");
        _liveReads = _meter.CreateCounter<long>("admission_webhook_live_reads_total", description: "Objects read from the API server before a denial, by result.");

        Gauge("admission_webhook_cluster_synced", "1 when all objects of the kind are listed.", watch => watch.HasSynced ? 1 : 0);
        Gauge("admission_webhook_cluster_stale", "1 while the watch of the kind is down for too long to know which objects are missing.", watch => watch.IsStale ? 1 : 0);
        Gauge("admission_webhook_cluster_objects", "Known objects of the kind.", watch => watch.Objects);
        Gauge("admission_webhook_cluster_trimmed_objects", "Objects of the kind that are larger than the part that is kept.", watch => watch.Trimmed());
        Gauge("admission_webhook_cluster_unreadable_objects", "Objects of the kind that cannot be read. Their last good version counts, or they count as absent.", watch => watch.Unreadable);
        Gauge("admission_webhook_cluster_last_heard_seconds", "Time since the last sign of the kind's watch.", watch => watch.Silence.TotalSeconds, "s");
        Counter("admission_webhook_cluster_lists_total", "Complete lists of the kind.", watch => watch.Lists);
        Counter("admission_webhook_cluster_watch_failures_total", "Failed lists and watches of the kind.", watch => watch.Failures);
        if (policies is not null)
            _meter.CreateObservableGauge("admission_webhook_policy_mistaken_objects", () => CustomResource.All.Select(resource => OfKind(policies.CountMistaken(resource), resource.Kind)), description: "Policies and exemptions with errors.");
        if (election is not null)
            _meter.CreateObservableGauge("admission_webhook_leader", () => election.IsLeader ? 1d : 0d, description: "1 at the leader, which writes the status of policies.");
        if (certificate is not null)
            MeasureCertificate(certificate);
        return;

        void Gauge(string name, string description, Func<WatchStatus, double> measure, string? unit = null) => _meter.CreateObservableGauge(name, () => OfEach(measure), unit, description);

        void Counter(string name, string description, Func<WatchStatus, double> measure) => _meter.CreateObservableCounter(name, () => OfEach(measure), description: description);

        IEnumerable<Measurement<double>> OfEach(Func<WatchStatus, double> measure) =>
            watches.Where(watch => !watch.IsResting).Select(watch => OfKind(measure(watch), watch.Name));

        static Measurement<double> OfKind(double value, string kind) => new(value, new KeyValuePair<string, object?>("kind", kind));
    }

    private void MeasureCertificate(CertificateStatus certificate)
    {
        _meter.CreateObservableGauge("admission_webhook_certificate_expiry_timestamp_seconds", Expiries, "s", "Expiry time of the served certificate (kind serving) and of its authority (kind ca).");
        _meter.CreateObservableGauge("admission_webhook_certificate_overdue", () => certificate.IsOverdue ? 1d : 0d, description: "1 while the renewal of the served certificate is overdue.");
        _meter.CreateObservableGauge("admission_webhook_certificate_refused", () => certificate.Refusal is null ? 0d : 1d, description: "1 while the server cannot get or use a newer certificate. It serves the last good one.");
        _meter.CreateObservableGauge("admission_webhook_ca_bundle_wrong", () => certificate.Distrust is null && certificate.BundleFault is null ? 0d : 1d, description: "1 while a webhook configuration lacks the authority, or the server cannot write its caBundle.");
        _meter.CreateObservableCounter("admission_webhook_ca_bundle_writes_total", () => (double)certificate.BundleWrites, description: "Writes of a caBundle by this replica.");

        IEnumerable<Measurement<double>> Expiries()
        {
            if (certificate.NotAfter is { } serving)
                yield return new(serving.ToUnixTimeSeconds(), new KeyValuePair<string, object?>("kind", "serving"));
            if (certificate.AuthorityNotAfter is { } authority)
                yield return new(authority.ToUnixTimeSeconds(), new KeyValuePair<string, object?>("kind", "ca"));
        }
    }

    /// <summary>Adds the usual process metrics of Prometheus clients, and the build.</summary>
    public void MeasureProcess()
    {
        using var process = Process.GetCurrentProcess();
        var start = new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000d;
        _meter.CreateObservableGauge("process_start_time_seconds", () => start, "s", "Start time of the process.");
        _meter.CreateObservableCounter("process_cpu_seconds_total", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time that the process used.");
        _meter.CreateObservableGauge("process_resident_memory_bytes", () => (double)Environment.WorkingSet, "By", "Resident memory of the process.");
        if (Directory.Exists(Descriptors))
            _meter.CreateObservableGauge("process_open_fds", () => (double)Directory.EnumerateFileSystemEntries(Descriptors).Count(), description: "Open files and connections of the process.");
        _meter.CreateObservableGauge(
            "admission_webhook_build_info", () => new Measurement<double>(1, new("version", Probe.Version), new("revision", Probe.Revision)), description: "Version and revision of the build; always 1.");
    }

    /// <summary>Whether an instrument belongs to this object: other servers in the process have their own.</summary>
    public bool Measures(Instrument instrument) => instrument.Meter == _meter;

    /// <summary>Creates every series of an alert with zero: for Prometheus, a series that appears with its first event has not increased.</summary>
    public void BeginAtZero()
    {
        foreach (var reason in (ReadOnlySpan<string>)["reviews", "address", "body", "memory", "delay"])
            _refused.Add(0, new KeyValuePair<string, object?>("reason", reason));
        foreach (var reason in (ReadOnlySpan<string>)["absent", "untrusted", "unnamed", "expired", "scope"])
            _refusedCallers.Add(0, new KeyValuePair<string, object?>("reason", reason));
        foreach (var port in (ReadOnlySpan<string>)["webhook", "operations"])
        {
            foreach (var reason in (ReadOnlySpan<string>)["full", "evicted", "silent", "bodies"])
                _closedConnections.Add(0, new("port", port), new("reason", reason));
        }

        foreach (var result in (ReadOnlySpan<string>)["granted", "refused", "limited", "late", "unshared"])
            CountClaims(result, 0);
        foreach (var output in (ReadOnlySpan<string>)["all", "stdout", "file"])
            CountLostRecords(output, 0);
        foreach (var result in (ReadOnlySpan<string>)["found", "missing", "failed", "refused"])
            _liveReads.Add(0, new KeyValuePair<string, object?>("result", result));
        foreach (var rule in RuleCatalog.All)
            _ruleFailures.Add(0, new KeyValuePair<string, object?>("rule", rule.Id));
    }

    public void CountReview(AdmissionPhase phase, string verdict, TimeSpan duration)
    {
        var name = phase == AdmissionPhase.Mutating ? "mutating" : "validating";
        _reviews.Add(1, new("phase", name), new("verdict", verdict));
        _durations.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("phase", name));
    }

    /// <param name="result">granted, refused, limited, late, or unshared: the other replicas do not know the claim.</param>
    /// <param name="count">How many hosts.</param>
    public void CountClaims(string result, int count) => _claims.Add(count, new KeyValuePair<string, object?>("result", result));

    /// <param name="reason">reviews, address, body, memory or delay.</param>
    public void CountRefused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <param name="reason">absent, untrusted, unnamed, expired or scope.</param>
    public void CountRefusedCaller(string reason) => _refusedCallers.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <param name="port">webhook or operations.</param>
    /// <param name="reason">full, evicted, silent or bodies.</param>
    /// <param name="count">How many.</param>
    public void CountClosedConnection(string port, string reason, int count = 1)
    {
        if (count > 0)
            _closedConnections.Add(count, new("port", port), new("reason", reason));
    }

    /// <param name="output">all, stdout or file.</param>
    /// <param name="count">How many.</param>
    public void CountLostRecords(string output, long count) => _lostRecords.Add(count, new KeyValuePair<string, object?>("output", output));

    public void CountRuleFailure(string rule) => _ruleFailures.Add(1, new KeyValuePair<string, object?>("rule", rule));

    public void CountFinding(string rule, Enforcement enforcement) => _findings.Add(1, new("rule", rule), new("enforcement", Enum.GetName(enforcement)));

    public void CountExempted(string rule) => _exemptions.Add(1, new KeyValuePair<string, object?>("rule", rule));

    /// <param name="result">found, missing, failed or refused.</param>
    public void CountLiveRead(string result) => _liveReads.Add(1, new KeyValuePair<string, object?>("result", result));

    public void Dispose() => _meter.Dispose();
}
