using System.Text.Json;
using static AdmissionWebhook.Cli.Reports.JsonMembers;

namespace AdmissionWebhook.Cli.Reports;

/// <summary>The JSON report, for scripts.</summary>
internal static class JsonReport
{
    public static void Write(Report report, ManifestReader reader, TextWriter output) => WriteObject(output, json =>
    {
        WriteSummary(json, report.Summary);
        json.WriteStartArray("results");
        foreach (var verdict in report.Verdicts.Where(verdict => report.ListsAll || verdict.Findings.Length > 0))
            WriteResult(json, verdict);
        json.WriteEndArray();
        WriteNotes(json, reader);
    });

    private static void WriteResult(Utf8JsonWriter json, Verdict verdict)
    {
        json.WriteStartObject();
        WriteVerdict(json, verdict);
        json.WriteStartArray("findings");
        foreach (var finding in verdict.Findings)
        {
            json.WriteStartObject();
            WriteFinding(json, finding, verdict.LineOf(finding));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("patch");
        foreach (var operation in verdict.Patch)
            WriteOperation(json, operation);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOperation(Utf8JsonWriter json, PatchOperation operation)
    {
        json.WriteStartObject();
        json.WriteString("op", "add");
        json.WriteString("path", operation.Field.ToPointer());
        json.WritePropertyName("value");
        operation.Value.WriteTo(json);
        json.WriteEndObject();
    }
}
