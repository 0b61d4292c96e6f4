using System.CommandLine;
using AdmissionWebhook.Cli.Reports;

namespace AdmissionWebhook.Cli.Options;

/// <summary>What becomes of the verdicts. Words may be written in upper or lower case.</summary>
internal sealed class ReportOptions
{
    private static readonly string[] LaterReports = ["sarif", "junit", "github"];

    private readonly Option<string> _output = new("--output")
    {
        HelpName = "text|json",
        Description = "The form of the report.",
        DefaultValueFactory = _ => "text",
    };

    private readonly Option<string> _failOn = new("--fail-on")
    {
        HelpName = "deny|warn|audit|never",
        Description = "The mildest finding that makes the exit code 1.",
        DefaultValueFactory = _ => "deny",
    };

    public ReportOptions()
    {
        _output.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, ["text", "json", .. LaterReports]);
        _failOn.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "deny", "warn", "audit", "never");
        _output.Validators.Add(Refusal.Of(
            written => LaterReports.Contains(written, StringComparer.OrdinalIgnoreCase),
            written => $"--output {written} comes with a later version; there are text and json."));
    }

    /// <summary>Each of them, in the order of the help.</summary>
    public IEnumerable<Option> All => [_output, _failOn];

    /// <summary>Writes the report.</summary>
    /// <returns>The exit code.</returns>
    public int Write(ParseResult parsed, Report report, Streams streams)
    {
        if (WordOf(parsed, _output) == "json")
            JsonReport.Write(report, streams.Output);
        else
            new TextReport(streams).Write(report);

        return FailingOutcome(parsed) is { } failing && report.Verdicts.Any(verdict => verdict.Outcome >= failing)
            ? CommandLine.Failed
            : CommandLine.Passed;
    }

    private Outcome? FailingOutcome(ParseResult parsed) => WordOf(parsed, _failOn) switch
    {
        "audit" => Outcome.Audited,
        "warn" => Outcome.Warned,
        "deny" => Outcome.Denied,
        _ => null,
    };

    private static string WordOf(ParseResult parsed, Option<string> option) => parsed.GetRequiredValue(option).ToLowerInvariant();
}
