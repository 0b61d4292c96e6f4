using System.CommandLine;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Cli.Options;
using AdmissionWebhook.Cli.Reports;

namespace AdmissionWebhook.Cli;

/// <summary><c>audit</c>: judges what exists. Objects without findings are counted and not listed, in no form of the report.</summary>
internal sealed class AuditCommand : Command
{
    private readonly PolicyOptions _policy = new();
    private readonly ClusterOptions _cluster = new(
        "A file or folder of manifests to judge in place of a live cluster; repeatable.",
        "The kubeconfig of the live cluster to judge; by default kubectl's own.");
    private readonly ReportOptions _report = new();
    private readonly Streams _streams;

    private readonly Option<string[]> _namespaces = new("--namespace")
    {
        HelpName = "NS",
        Description = "Judge the objects of this namespace alone, knowing all others; repeatable.",
        Validators = { Refusal.Of(string.IsNullOrEmpty, _ => "--namespace names no namespace.") },
    };

    public AuditCommand(Streams streams)
        : base("audit", "Judge what exists and list what has findings. Exit codes: 0 passed, 1 findings, 2 unusable cluster, input or policy.")
    {
        _streams = streams;
        foreach (var option in All)
            Add(option);
        SetAction(RunAsync);
    }

    /// <summary>Every option, in the order of the help.</summary>
    public IEnumerable<Option> All => [.. _policy.All, .. _cluster.All, _namespaces, .. _report.All];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var reader = new ManifestReader(_streams.Input);
        var manifests = _cluster.ReadManifests(parsed, reader);
        var live = manifests is null ? _cluster.FindLive(parsed, reader) : null;
        var policies = _policy.Read(parsed, reader);
        if (policies is null || reader.Mistakes.Count > 0)
            return _streams.Refuse(reader.Mistakes);

        var audit = new Audit(policies);
        var cluster = manifests is { } written
            ? Cluster.Of(written, "default")
            : await live!.ReadAsync(audit.Needs, _streams, reader.Mistakes, cancellation);
        if (cluster is null)
            return _streams.Refuse(reader.Mistakes);

        _streams.Complain(cluster.Gaps);
        var objects = cluster.Objects.Where(stored => audit.Kinds.Contains(stored.Object.Kind)).ToList();
        // A build step that checks nothing must not pass; a live cluster may well be empty.
        if (cluster.IsLive ? !audit.Kinds.Any(cluster.State.Knows) : objects.Count == 0)
            return _streams.Refuse(["there is nothing to judge"]);

        var chosen = Choose(objects, parsed.GetValue(_namespaces)!);
        var verdicts = await Progress.ShowAsync(_streams, "Judging", chosen.Count, step => Task.FromResult(audit.Judge(chosen, cluster.State, step)));
        return _report.Write(parsed, new Report(verdicts) { ListsAll = false }, _streams);
    }

    private List<StoredObject> Choose(List<StoredObject> objects, string[] namespaces)
    {
        var chosen = objects.Where(stored => namespaces.Length == 0 || namespaces.Contains(stored.Object.Metadata.Namespace)).ToList();
        var empty = namespaces.Except(chosen.Select(stored => stored.Object.Metadata.Namespace));
        _streams.Complain(empty.Select(space => $"warning: namespace {space} has nothing to judge"));
        return chosen;
    }
}
