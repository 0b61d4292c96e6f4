using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Cli.Reports;

/// <summary>The report that scripts read. Its members are a contract: new ones may come, none goes or changes its meaning.</summary>
internal static class JsonReport
{
    public static void Write(Report report, TextWriter output)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteSummary(json, report.Summary);
            json.WriteStartArray("results");
            foreach (var verdict in report.Verdicts.Where(verdict => report.ListsAll || verdict.Findings.Length > 0))
                WriteResult(json, verdict);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void WriteSummary(Utf8JsonWriter json, Summary summary)
    {
        json.WriteStartObject("summary");
        json.WriteNumber("objects", summary.Objects);
        json.WriteNumber("denied", summary.Denied);
        json.WriteNumber("warned", summary.Warned);
        json.WriteNumber("audited", summary.Audited);
        json.WriteNumber("unchecked", summary.Unchecked);
        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, Verdict verdict)
    {
        json.WriteStartObject();
        json.WriteStartObject("object");
        json.WriteString("apiVersion", verdict.ApiVersion);
        json.WriteString("kind", verdict.KindName);
        json.WriteString("namespace", verdict.Namespace);
        json.WriteString("name", verdict.Name);
        json.WriteEndObject();
        json.WriteString("file", verdict.Manifest?.File);
        WriteLine(json, verdict.Manifest?.Line);
        json.WriteBoolean("allowed", verdict.Outcome != Outcome.Denied);

        json.WriteStartArray("findings");
        foreach (var finding in verdict.Findings)
            WriteFinding(json, finding, verdict.LineOf(finding));
        json.WriteEndArray();

        json.WriteStartArray("patch");
        foreach (var operation in verdict.Patch)
            WriteOperation(json, operation);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFinding(Utf8JsonWriter json, Finding finding, int? line)
    {
        json.WriteStartObject();
        json.WriteString("rule", finding.Rule.Id);
        json.WriteString("enforcement", finding.Enforcement.ToString());
        json.WriteString("status", finding.Status.ToString().ToLowerInvariant());
        json.WriteString("field", finding.Field.ToString());
        json.WriteString("message", finding.Violation.Message);
        json.WriteString("remedy", finding.Violation.Remedy);
        WriteLine(json, line);
        json.WriteNull("exemption");
        json.WriteEndObject();
    }

    private static void WriteLine(Utf8JsonWriter json, int? line)
    {
        if (line is { } known)
            json.WriteNumber("line", known);
        else
            json.WriteNull("line");
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
