using System.CommandLine;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Cli.Options;
using AdmissionWebhook.Cli.Reports;
using AdmissionWebhook.Policy.Manifests;

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
        var reader = _options.Files.CreateReader(parsed, _streams);
        var wantsLive = _options.Cluster.WantsLive(parsed);
        var live = wantsLive ? _options.Cluster.FindLive(parsed, reader) : null;
        var bundle = ReadBundle(parsed, reader, live?.Namespace ?? "default");
        var policies = _options.Policy.Read(parsed, reader, bundle?.Namespace);
        if (policies is null || bundle is null || (wantsLive && live is null))
            return _streams.Refuse(reader.Mistakes);

        if (live is not null && await live.ReadAsync(bundle.Kinds.Union(policies.Reads), bundle.References, _streams, reader.Mistakes, cancellation) is var stored)
        {
            if (stored is null)
                return _streams.Refuse(reader.Mistakes);
            bundle = bundle with { Cluster = bundle.IsWhole ? stored : stored.WithGaps() };
        }

        _streams.Complain(bundle.Cluster?.Gaps ?? []);
        var inForce = _options.Policy.PicksRules(parsed) ? policies : policies.WithRulesOfManifests();
        var report = new Report(Admission.Judge(bundle, inForce)) { KnowsCluster = bundle.Cluster is not null };
        return _options.Report.Write(parsed, report, reader, _streams);
    }

    /// <summary>The input of the check. An error in a file does not hinder the check of the others, but what was in the file is unknown.</summary>
    /// <returns>Null if the old copies are unreadable: they decide what the operation is.</returns>
    private Bundle? ReadBundle(ParseResult parsed, ManifestReader reader, string defaultNamespace)
    {
        var paths = parsed.GetRequiredValue(_options.Paths);
        var @namespace = parsed.GetValue(_options.Namespace) ?? defaultNamespace;
        var before = reader.Mistakes.Count;
        var manifests = reader.Read(paths);
        var written = _options.Cluster.ReadManifests(parsed, reader);
        var isWhole = reader.Mistakes.Count == before;
        var cluster = written is { } others ? Cluster.Of(others, @namespace) : null;

        before = reader.Mistakes.Count;
        var old = parsed.GetValue(_options.Old) is { } path ? reader.Read(path) : (ImmutableArray<Manifest>?)null;
        var isOldRead = reader.Mistakes.Count == before;
        var bundle = new Bundle
        {
            Manifests = manifests,
            IsWhole = isWhole,
            Cluster = isWhole ? cluster : cluster?.WithGaps(),
            Old = old,
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
        return isOldRead ? bundle : null;
    }
}
