using System.CommandLine;
using AdmissionWebhook.Cli.Reports;
using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Cli;

/// <summary><c>check</c>: judges manifests and reports what the webhook would say of them.</summary>
internal sealed class CheckCommand : Command
{
    private readonly CheckOptions _options = new();
    private readonly Streams _streams;

    public CheckCommand(Streams streams)
        : base("check", "Judge manifests. Exit codes: 0 passed, 1 findings, 2 unusable input or policy.")
    {
        _streams = streams;
        Add(_options.Paths);
        foreach (var option in _options.All)
            Add(option);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var reader = new ManifestReader(_streams.Input);
        var bundle = ReadBundle(parsed, reader);
        var policies = new PolicyChoice(parsed.GetValue(_options.Policy)!, parsed.GetValue(_options.Only)!).Read(reader);
        if (policies is null || reader.Mistakes.Count > 0)
        {
            _streams.Complain(reader.Mistakes);
            return CommandLine.Unusable;
        }

        var verdicts = Admission.Judge(bundle, policies);
        if (WordOf(parsed, _options.Output) == "json")
            JsonReport.Write(verdicts, _streams.Output);
        else
            new TextReport(_streams).Write(verdicts);

        return FailingOutcome(parsed) is { } failing && verdicts.Any(verdict => verdict.Outcome >= failing) ? CommandLine.Failed : CommandLine.Passed;
    }

    private Bundle ReadBundle(ParseResult parsed, ManifestReader reader)
    {
        var paths = parsed.GetRequiredValue(_options.Paths);
        var cluster = parsed.GetValue(_options.Cluster)!;
        var bundle = new Bundle
        {
            Manifests = reader.Read(paths),
            Cluster = cluster.Length == 0 ? null : reader.Read(cluster),
            Old = parsed.GetValue(_options.Old) is { } old ? reader.Read(old) : null,
            Namespace = parsed.GetRequiredValue(_options.Namespace),
            Operation = WordOf(parsed, _options.Operation) is { } operation ? Enum.Parse<Operation>(operation, ignoreCase: true) : null,
            User = new(parsed.GetValue(_options.User) ?? "", [.. parsed.GetValue(_options.Groups)!]),
        };

        // A build step that checks nothing must not pass.
        if (bundle.Manifests.IsEmpty && reader.Mistakes.Count == 0)
            reader.Mistakes.Add($"\"{string.Join("\", \"", paths)}\": there is no object to check");
        return bundle;
    }

    private Outcome? FailingOutcome(ParseResult parsed) => WordOf(parsed, _options.FailOn) switch
    {
        "audit" => Outcome.Audited,
        "warn" => Outcome.Warned,
        "deny" => Outcome.Denied,
        _ => null,
    };

    private static string? WordOf(ParseResult parsed, Option<string> option) => parsed.GetValue(option)?.ToLowerInvariant();
}
