using Spectre.Console;
using static AdmissionWebhook.Cli.Reports.ReportLines;

namespace AdmissionWebhook.Cli.Reports;

/// <summary>The text report, for people: a block for each object with findings, and a summary.</summary>
internal sealed class TextReport(ReportLines lines)
{
    public void Write(Report report)
    {
        foreach (var verdict in report.Verdicts.Where(verdict => verdict.Findings.Length + verdict.Patch.Length > 0))
            WriteVerdict(verdict);
        WriteSummary(report.Summary);
        if (report is { KnowsCluster: false, Summary.Unchecked: > 0 })
            lines.WriteLine(0, ("To check the rest, add the other objects of the cluster: manifests with --cluster, or a live cluster with --kubeconfig.", Dim));
    }

    private void WriteVerdict(Verdict verdict)
    {
        lines.WriteLine(0, (NameOf(verdict), Bold), (": ", Style.Plain), (verdict.Outcome.ToString().ToLowerInvariant(), StyleOf(verdict.Outcome)));
        foreach (var finding in verdict.Findings.OrderBy(verdict.LineOf))
            WriteFinding(finding, PlaceOf(verdict, finding));
        foreach (var operation in verdict.Patch)
            lines.WriteLine(2, ($"defaults: {operation.Field.ToPointer()} = {operation.Value.ToJsonString()}", Dim));
        lines.WriteLine();
    }

    private void WriteFinding(Finding finding, string place)
    {
        if (finding.Status == FindingStatus.Unchecked || finding.Exemption is not null)
        {
            lines.WriteLine(2, ($"{place}{(finding.Exemption is { } exemption ? $"exempted by {exemption}: " : "")}{finding}", Dim));
            return;
        }

        lines.WriteLine(2, (place, Style.Plain), (finding.Enforcement.ToString(), StyleOf(Verdict.OutcomeOf(finding))), ($"  {finding.Field}", Style.Plain));
        lines.WriteLine(4, (finding.Text, Style.Plain), ($" [{finding.Rule.Id}]", Dim));
    }

    private void WriteSummary(Summary summary)
    {
        (int Count, string Fate)[] fates =
            [(summary.Denied, "denied"), (summary.Warned, "warned"), (summary.Audited, "audited"), (summary.Exempted, "exempted"), (summary.Unchecked, "not checked")];
        var told = fates.Where(fate => fate.Count > 0).Select(fate => $"{fate.Count} {fate.Fate}").ToList();
        if (told.Count == 0 && summary.NotJudged < Math.Max(summary.Objects, 1))
            told.Add(summary.NotJudged == 0 ? "all allowed" : $"{summary.Allowed} allowed");
        if (summary.NotJudged > 0)
            told.Add(summary.NotJudged == summary.Objects ? "not judged" : $"{summary.NotJudged} not judged");
        lines.WriteLine(0, ($"{summary.Objects} object{(summary.Objects == 1 ? "" : "s")}: {string.Join(", ", told)}.", Bold));
    }
}
