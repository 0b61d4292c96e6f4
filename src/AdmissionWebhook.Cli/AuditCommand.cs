using System.CommandLine;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Cli.Options;
using AdmissionWebhook.Cli.Reports;
using AdmissionWebhook.Cli.Simulations;

namespace AdmissionWebhook.Cli;

/// <summary><c>audit</c>: checks existing objects. All report formats only count objects without findings.</summary>
internal sealed class AuditCommand : Command
{
    private readonly ManifestOptions _files = new();
    private readonly PolicyOptions _policy = new();
    private readonly ClusterOptions _cluster = new(
        "A file or folder of manifests to audit instead of a live cluster; repeatable.",
        "The kubeconfig of the live cluster to audit; by default the one of kubectl.");
    private readonly AgainstOptions _against = new();
    private readonly ReportOptions _report = new();
    private readonly Streams _streams;
    private readonly TimeProvider _time;

    private readonly Option<string[]> _namespaces = new("--namespace")
    {
        HelpName = "NS",
        Description = "Audit only the objects of this namespace; rules still see all other objects; repeatable.",
        Validators = { Refusal.Of(string.IsNullOrEmpty, _ => "--namespace must name a namespace.") },
    };

    public AuditCommand(Streams streams, TimeProvider time)
        : base("audit", "Validate existing objects and list the findings. Exit codes: 0 passed, 1 findings, 2 invalid input or policy, or unreachable cluster.")
    {
        (_streams, _time) = (streams, time);
        foreach (var option in All)
            Add(option);
        Validators.Add(command => _against.Validate(command, _cluster, _policy));
        SetAction(RunAsync);
    }

    /// <summary>All options, in the order of the help.</summary>
    public IEnumerable<Option> All => [.. _files.All, .. _policy.All, .. _against.All, .. _cluster.All, _namespaces, .. _report.All];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        // The command does not receive signals before this first returns.
        await Task.Yield();
        var reader = _files.CreateReader(parsed, _streams);
        var manifests = _cluster.ReadManifests(parsed, reader);
        var isWhole = reader.Mistakes.Count == 0;
        var live = manifests is null ? _cluster.FindLive(parsed, reader) : null;
        var policies = _policy.Read(parsed, reader);
        if (policies is null || (manifests is null && live is null))
            return _streams.Refuse(reader.Mistakes);

        var before = reader.Mistakes.Count;
        var comparison = await _against.ReadAsync(parsed, reader, policies, live, cancellation);
        if (reader.Mistakes.Count > before)
            return _streams.Refuse(reader.Mistakes);

        if (comparison is { Before.Policies.IsEmpty: true })
            _streams.Complain(["warning: no policy is in force, so all findings are new"]);

        var now = _time.GetUtcNow();
        ImmutableArray<Audit> audits = comparison is null ? [new(policies, now)] : [new(comparison.Before, now), new(comparison.After, now)];
        var kinds = audits.SelectMany(audit => audit.Kinds).ToHashSet();
        var cluster = manifests is { } written
            ? isWhole ? Cluster.Of(written, "default") : Cluster.Of(written, "default").WithGaps()
            : await live!.ReadAsync(audits.SelectMany(audit => audit.Needs).Distinct(), ImmutableHashSet<ObjectReference>.Empty, _streams, reader.Mistakes, cancellation);
        if (cluster is null)
            return _streams.Refuse(reader.Mistakes);

        _streams.Complain(cluster.Gaps);
        var objects = cluster.Objects.Where(stored => kinds.Contains(stored.Object.Kind)).ToList();
        // A build step that checks nothing must not pass; a live cluster can be empty.
        if (cluster.IsLive ? !kinds.Any(cluster.State.Knows) : objects.Count == 0)
            return _streams.Refuse(reader.Mistakes.Count > 0 ? reader.Mistakes : ["no object to audit was found"]);

        var chosen = Choose(objects, parsed.GetValue(_namespaces)!);
        var verdicts = await Progress.ShowAsync(
            _streams, "Judging", chosen.Count * audits.Length, step => Task.FromResult(audits.Select(audit => audit.Judge(chosen, cluster.State, step)).ToList()));
        return comparison is null
            ? _report.Write(parsed, new Report(verdicts[0]) { ListsAll = false }, reader, _streams)
            : _report.Write(parsed, Simulation.Of(verdicts[0], verdicts[1]), reader, _streams);
    }

    private List<StoredObject> Choose(List<StoredObject> objects, string[] namespaces)
    {
        var chosen = objects.Where(stored => namespaces.Length == 0 || namespaces.Contains(stored.Object.Metadata.Namespace)).ToList();
        var empty = namespaces.Except(chosen.Select(stored => stored.Object.Metadata.Namespace));
        _streams.Complain(empty.Select(@namespace => $"warning: namespace \"{@namespace}\" has no object to audit"));
        return chosen;
    }
}
