using System.CommandLine;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Cli.Options;
using AdmissionWebhook.Cli.Reports;

namespace AdmissionWebhook.Cli;

/// <summary><c>check</c>: checks manifests and reports the findings of the webhook.</summary>
internal sealed class CheckCommand : Command
{
    private readonly CheckOptions _options = new();
    private readonly Streams _streams;
    private readonly TimeProvider _time;

    public CheckCommand(Streams streams, TimeProvider time)
        : base("check", "Validate manifests. Exit codes: 0 passed, 1 findings, 2 invalid input or policy, or unreachable cluster.")
    {
        (_streams, _time) = (streams, time);
        Add(_options.Paths);
        foreach (var option in _options.All)
            Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        // The command does not receive signals before this first returns.
        await Task.Yield();
        var reader = new ManifestReader(_streams.Input);
        var live = _options.Cluster.WantsLive(parsed) ? _options.Cluster.FindLive(parsed, reader) : null;
        var bundle = ReadBundle(parsed, reader, live?.Namespace ?? "default");
        var policies = _options.Policy.Read(parsed, reader, bundle.Namespace);
        if (policies is not null && live is not null && reader.Mistakes.Count == 0)
            bundle = bundle with { Cluster = await live.ReadAsync(bundle.Kinds.Union(policies.Reads), bundle.References, _streams, reader.Mistakes, cancellation) };
        if (policies is null || reader.Mistakes.Count > 0)
            return _streams.Refuse(reader.Mistakes);

        _streams.Complain(bundle.Cluster?.Gaps ?? []);
        var report = new Report(Admission.Judge(bundle, policies)) { KnowsCluster = bundle.Cluster is not null };
        return _options.Report.Write(parsed, report, _streams);
    }

    private Bundle ReadBundle(ParseResult parsed, ManifestReader reader, string defaultNamespace)
    {
        var paths = parsed.GetRequiredValue(_options.Paths);
        var @namespace = parsed.GetValue(_options.Namespace) ?? defaultNamespace;
        var bundle = new Bundle
        {
            Manifests = reader.Read(paths),
            Cluster = _options.Cluster.ReadManifests(parsed, reader) is { } manifests ? Cluster.Of(manifests, @namespace) : null,
            Old = parsed.GetValue(_options.Old) is { } old ? reader.Read(old) : null,
            Namespace = @namespace,
            Operation = parsed.GetValue(_options.Operation) is { } operation ? Enum.Parse<Operation>(operation, ignoreCase: true) : null,
            Time = _time.GetUtcNow(),
            User = new(parsed.GetValue(_options.User) ?? "", [.. parsed.GetValue(_options.Groups)!]),
        };

        // No rule checks policies, and these are not in force, but their errors would otherwise appear only in the cluster.
        reader.Note(bundle.Manifests.SelectMany(manifest => PolicySet.MistakesIn(manifest, @namespace)));

        // A build step that checks nothing must not pass.
        if (bundle.Manifests.IsEmpty && reader.Mistakes.Count == 0)
            reader.Mistakes.Add($"\"{string.Join("\", \"", paths)}\": no object to check was found");
        return bundle;
    }
}
