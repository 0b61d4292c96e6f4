using AdmissionWebhook.Cli.Simulations;
using Spectre.Console;
using static AdmissionWebhook.Cli.Reports.ReportLines;

namespace AdmissionWebhook.Cli.Reports;

/// <summary>The changes, for people: a block for each changed object, and totals by rule and namespace.</summary>
internal sealed class TextSimulation(ReportLines lines)
{
    public void Write(Simulation simulation)
    {
        foreach (var changed in simulation.Objects)
            WriteObject(changed);
        WriteTotals("rule", simulation.ByRule);
        WriteTotals("namespace", simulation.ByNamespace);

        var told = simulation.Objects.IsEmpty ? "nothing changes" : Sentence(simulation.Total);
        lines.WriteLine(0, ($"{simulation.Summary.Objects} object{(simulation.Summary.Objects == 1 ? "" : "s")}: {told}.", Bold));
    }

    private void WriteObject(ChangedObject changed)
    {
        lines.WriteLine(0, (NameOf(changed.Verdict), Bold), (": ", Style.Plain), (changed.New == Outcome.Allowed ? "released" : $"newly {Word(changed.New)}", StyleOf(changed.New)));
        foreach (var change in changed.Changes.OrderBy(change => changed.Verdict.LineOf(change.Finding)))
        {
            var pass = change.Finding.Exemption is { } exemption ? $", exempted by {exemption}" : "";
            lines.WriteLine(
                2,
                (PlaceOf(changed.Verdict, change.Finding), Style.Plain),
                ($"{Word(change.Before)} -> ", Style.Plain),
                (Word(change.After) + pass, StyleOf(change.After)),
                ($"  {change.Finding.Field}", Style.Plain));
            lines.WriteLine(4, (change.Finding.Text, Style.Plain), ($" [{change.Finding.Rule.Id}]", Dim));
        }

        lines.WriteLine();
    }

    private void WriteTotals(string heading, IEnumerable<Tally> tallies)
    {
        var told = tallies.ToList();
        if (told.Count == 0)
            return;

        lines.WriteLine(0, ($"By {heading}:", Bold));
        foreach (var tally in told)
            lines.WriteLine(2, ($"{tally.Name ?? "(none)"}: {Sentence(tally)}", Style.Plain));
        lines.WriteLine();
    }

    private static string Sentence(Tally tally)
    {
        (int Count, string Fate)[] fates = [(tally.Denied, "newly denied"), (tally.Warned, "newly warned"), (tally.Audited, "newly audited"), (tally.Released, "released")];
        return string.Join(", ", fates.Where(fate => fate.Count > 0).Select(fate => $"{fate.Count} {fate.Fate}"));
    }

    private static string Word(Outcome outcome) => outcome.ToString().ToLowerInvariant();
}
