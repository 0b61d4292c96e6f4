using System.Text.Json;
using AdmissionWebhook.Cli.Simulations;
using static AdmissionWebhook.Cli.Reports.JsonMembers;

namespace AdmissionWebhook.Cli.Reports;

/// <summary>
/// The changes, for scripts: an audit by the new policies that lists only changes, each finding with its former and its new
/// outcome, and the totals.
/// </summary>
internal static class JsonSimulation
{
    public static void Write(Simulation simulation, ManifestReader reader, TextWriter output) => WriteObject(output, json =>
    {
        WriteSummary(json, simulation.Summary);
        json.WriteStartObject("changes");
        WriteCounts(json, simulation.Total);
        WriteTallies(json, "rules", "rule", simulation.ByRule);
        WriteTallies(json, "namespaces", "namespace", simulation.ByNamespace);
        json.WriteEndObject();
        json.WriteStartArray("results");
        foreach (var changed in simulation.Objects)
            WriteResult(json, changed);
        json.WriteEndArray();
        WriteNotes(json, reader);
    });

    private static void WriteResult(Utf8JsonWriter json, ChangedObject changed)
    {
        json.WriteStartObject();
        WriteVerdict(json, changed.Verdict);
        json.WriteStartArray("findings");
        foreach (var change in changed.Changes)
        {
            json.WriteStartObject();
            WriteFinding(json, change.Finding, changed.Verdict.LineOf(change.Finding));
            json.WriteString("before", Word(change.Before));
            json.WriteString("after", Word(change.After));
            json.WriteString("change", change.Word);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("patch");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTallies(Utf8JsonWriter json, string list, string key, IEnumerable<Tally> tallies)
    {
        json.WriteStartArray(list);
        foreach (var tally in tallies)
        {
            json.WriteStartObject();
            json.WriteString(key, tally.Name);
            WriteCounts(json, tally);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCounts(Utf8JsonWriter json, Tally tally)
    {
        json.WriteNumber("denied", tally.Denied);
        json.WriteNumber("warned", tally.Warned);
        json.WriteNumber("audited", tally.Audited);
        json.WriteNumber("released", tally.Released);
    }

    private static string Word(Outcome outcome) => outcome.ToString().ToLowerInvariant();
}
