using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AdmissionWebhook.Cli.Reports;

/// <summary>The members that all JSON reports share. They are a contract: new members can be added, none is removed or changes its meaning.</summary>
internal static class JsonMembers
{
    /// <summary>Writes one object with the members that <paramref name="members"/> writes.</summary>
    public static void WriteObject(TextWriter output, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    public static void WriteSummary(Utf8JsonWriter json, Summary summary)
    {
        json.WriteStartObject("summary");
        json.WriteNumber("objects", summary.Objects);
        json.WriteNumber("denied", summary.Denied);
        json.WriteNumber("warned", summary.Warned);
        json.WriteNumber("audited", summary.Audited);
        json.WriteNumber("unchecked", summary.Unchecked);
        json.WriteNumber("exempted", summary.Exempted);
        if (summary.NotJudged > 0)
            json.WriteNumber("notJudged", summary.NotJudged);
        json.WriteEndObject();
    }

    /// <summary>The object, its file and line, and whether it is allowed.</summary>
    public static void WriteVerdict(Utf8JsonWriter json, Verdict verdict)
    {
        json.WriteStartObject("object");
        json.WriteString("apiVersion", verdict.ApiVersion);
        json.WriteString("kind", verdict.KindName);
        json.WriteString("namespace", verdict.Namespace);
        json.WriteString("name", verdict.Name);
        json.WriteEndObject();
        json.WriteString("file", verdict.Manifest?.File);
        WriteLine(json, verdict.Manifest?.Line);
        if (verdict.IsJudged)
            json.WriteBoolean("allowed", verdict.Outcome != Outcome.Denied);
        else
            json.WriteNull("allowed");
    }

    public static void WriteFinding(Utf8JsonWriter json, Finding finding, int? line)
    {
        json.WriteString("rule", finding.Rule.Id);
        json.WriteString("enforcement", finding.Enforcement.ToString());
        json.WriteString("status", finding.Status.ToString().ToLowerInvariant());
        json.WriteString("field", finding.Field.ToString());
        json.WriteString("message", finding.Violation.Message);
        json.WriteString("remedy", finding.Violation.Remedy);
        WriteLine(json, line);
        json.WriteString("exemption", finding.Exemption);
    }

    /// <summary>What the standard error has too: the errors in files, and the notes on them. Absent where there are none.</summary>
    public static void WriteNotes(Utf8JsonWriter json, ManifestReader reader)
    {
        WriteTexts(json, "errors", reader.Mistakes);
        WriteTexts(json, "notes", reader.Notes);
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        var told = texts.Distinct().ToList();
        if (told.Count == 0)
            return;

        json.WriteStartArray(name);
        foreach (var text in told)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteLine(Utf8JsonWriter json, int? line)
    {
        if (line is { } known)
            json.WriteNumber("line", known);
        else
            json.WriteNull("line");
    }
}
