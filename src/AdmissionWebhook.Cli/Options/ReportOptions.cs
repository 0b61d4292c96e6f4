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
    public int Write(ParseResult parsed, Report report, Streams streams)
    {
        if (WantsJson(parsed))
            JsonReport.Write(report, streams.Output);
        else
            new TextReport(new(streams)).Write(report);
        return ExitCodeOf(parsed, report.Verdicts.Select(verdict => verdict.Outcome));
    }

    /// <summary>Writes the changes.</summary>
    /// <returns>The exit code for the new findings.</returns>
    public int Write(ParseResult parsed, Simulation simulation, Streams streams)
    {
        if (WantsJson(parsed))
            JsonSimulation.Write(simulation, streams.Output);
        else
            new TextSimulation(new(streams)).Write(simulation);
        return ExitCodeOf(parsed, simulation.Objects.Select(changed => changed.New));
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
