using AdmissionWebhook.Policy.Evaluation;
using Spectre.Console;

namespace AdmissionWebhook.Cli.Reports;

/// <summary>The report that people read: a block for each object of which there is something to say, and a summary.</summary>
internal sealed class TextReport(Streams streams)
{
    // A pipe gets plain lines: laying text out takes time that grows with the square of a line's length.
    private readonly IAnsiConsole? _terminal = streams.IsTerminal ? streams.CreateConsole() : null;

    private static readonly Style Bold = new(decoration: Decoration.Bold);
    private static readonly Style Dim = new(decoration: Decoration.Dim);

    public void Write(Report report)
    {
        foreach (var verdict in report.Verdicts.Where(verdict => verdict.Findings.Length + verdict.Patch.Length > 0))
            WriteVerdict(verdict);
        WriteSummary(report.Summary);
        if (report is { KnowsCluster: false, Summary.Unchecked: > 0 })
            WriteLine(0, ("To have the rest checked, say what else exists: by manifests with --cluster, or a live cluster with --kubeconfig.", Dim));
    }

    private void WriteVerdict(Verdict verdict)
    {
        WriteLine(0, (NameOf(verdict), Bold), (": ", Style.Plain), (verdict.Outcome.ToString().ToLowerInvariant(), StyleOf(verdict.Outcome)));
        foreach (var finding in verdict.Findings.OrderBy(verdict.LineOf))
            WriteFinding(finding, verdict.Manifest is { } manifest ? $"{manifest.File}:{verdict.LineOf(finding)}: " : "");
        foreach (var operation in verdict.Patch)
            WriteLine(2, ($"defaults: {operation.Field.ToPointer()} = {operation.Value.ToJsonString()}", Dim));
        streams.Output.WriteLine();
    }

    private void WriteFinding(Finding finding, string place)
    {
        if (finding.Status == FindingStatus.Unchecked)
        {
            WriteLine(2, (place + finding, Dim));
            return;
        }

        var severity = StyleOf(Verdict.OutcomeOf(finding));
        WriteLine(2, (place, Style.Plain), (finding.Enforcement.ToString(), severity), ($"  {finding.Field}", Style.Plain));
        WriteLine(4, (finding.Violation.Text, Style.Plain), ($" [{finding.Rule.Id}]", Dim));
    }

    private void WriteSummary(Summary summary)
    {
        (int Count, string Fate)[] fates =
            [(summary.Denied, "denied"), (summary.Warned, "warned"), (summary.Audited, "audited"), (summary.Unchecked, "not checked")];
        var told = fates.Where(fate => fate.Count > 0).Select(fate => $"{fate.Count} {fate.Fate}").DefaultIfEmpty("all allowed");
        WriteLine(0, ($"{summary.Objects} object{(summary.Objects == 1 ? "" : "s")}: {string.Join(", ", told)}.", Bold));
    }

    private void WriteLine(int indent, params ReadOnlySpan<(string Text, Style Style)> parts)
    {
        if (_terminal is null)
        {
            var text = string.Concat(parts.ToArray().Select(part => Printable.Of(part.Text)));
            streams.Output.WriteLine((new string(' ', indent) + text).TrimEnd());
            return;
        }

        var line = new Paragraph();
        foreach (var (text, style) in parts)
            line.Append(Printable.Of(text), style);
        _terminal.Write(new Padder(line, new Padding(indent, 0, 0, 0)));
    }

    private static string NameOf(Verdict verdict) =>
        $"{verdict.KindName} {(verdict.Namespace is { } space ? space + "/" : "")}{(verdict.Name.Length == 0 ? "(unnamed)" : verdict.Name)}";

    private static Style StyleOf(Outcome outcome) => outcome switch
    {
        Outcome.Denied => new(Color.Red),
        Outcome.Warned => new(Color.Yellow),
        Outcome.Audited => new(Color.Blue),
        _ => new(Color.Green),
    };
}
