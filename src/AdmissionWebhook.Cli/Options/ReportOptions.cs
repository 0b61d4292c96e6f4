using System.CommandLine;
using AdmissionWebhook.Cli.Reports;
using AdmissionWebhook.Cli.Simulations;

namespace AdmissionWebhook.Cli.Options;

/// <summary>The options of the report. Values are case-insensitive.</summary>
internal sealed class ReportOptions
{
    private static readonly string[] LaterReports = ["sarif", "junit", "github"];

    private readonly Option<string> _output = new("--output")
    {
        HelpName = "text|json",
        Description = "The format of the report.",
        DefaultValueFactory = _ => "text",
    };

    private readonly Option<string> _failOn = new("--fail-on")
    {
        HelpName = "deny|warn|audit|never",
        Description = "The lowest level of a finding that sets the exit code 1.",
        DefaultValueFactory = _ => "deny",
    };

    public ReportOptions()
    {
        _output.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, ["text", "json", .. LaterReports]);
        _failOn.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "deny", "warn", "audit", "never");
        _output.Validators.Add(Refusal.Of(
            written => LaterReports.Contains(written, StringComparer.OrdinalIgnoreCase),
            written => $"--output {written} is not supported yet; use text or json."));
    }

    /// <summary>All options, in the order of the help.</summary>
    public IEnumerable<Option> All => [_output, _failOn];

    /// <summary>Writes the report.</summary>
    /// <returns>The exit code.</returns>
    public int Write(ParseResult parsed, Report report, ManifestReader reader, Streams streams)
    {
        var exitCode = Tell(reader, streams) ?? ExitCodeOf(parsed, report.Verdicts.Select(verdict => verdict.Outcome));
        if (WantsJson(parsed))
            JsonReport.Write(report, reader, streams.Output);
        else if (!report.Verdicts.IsEmpty || exitCode != CommandLine.Unusable)
            new TextReport(new(streams)).Write(report);
        return exitCode;
    }

    /// <summary>Writes the changes.</summary>
    /// <returns>The exit code for the new findings.</returns>
    public int Write(ParseResult parsed, Simulation simulation, ManifestReader reader, Streams streams)
    {
        var exitCode = Tell(reader, streams) ?? ExitCodeOf(parsed, simulation.Objects.Select(changed => changed.New));
        if (WantsJson(parsed))
            JsonSimulation.Write(simulation, reader, streams.Output);
        else
            new TextSimulation(new(streams)).Write(simulation);
        return exitCode;
    }

    /// <summary>Writes the notes and errors of files.</summary>
    /// <returns>The exit code of an error; null without one.</returns>
    private static int? Tell(ManifestReader reader, Streams streams)
    {
        streams.Complain(reader.Notes.Distinct());
        return reader.Mistakes.Count > 0 ? streams.Refuse(reader.Mistakes) : null;
    }

    private bool WantsJson(ParseResult parsed) => WordOf(parsed, _output) == "json";

    private int ExitCodeOf(ParseResult parsed, IEnumerable<Outcome> outcomes) =>
        FailingOutcome(parsed) is { } failing && outcomes.Any(outcome => outcome >= failing) ? CommandLine.Failed : CommandLine.Passed;

    private Outcome? FailingOutcome(ParseResult parsed) => WordOf(parsed, _failOn) switch
    {
        "audit" => Outcome.Audited,
        "warn" => Outcome.Warned,
        "deny" => Outcome.Denied,
        _ => null,
    };

    private static string WordOf(ParseResult parsed, Option<string> option) => parsed.GetRequiredValue(option).ToLowerInvariant();
}
