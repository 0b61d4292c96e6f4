using AdmissionWebhook.Cli.Reports;
using Spectre.Console;
using static AdmissionWebhook.Cli.Reports.ReportLines;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>The results of the doctor, for people and for scripts.</summary>
internal static class DoctorReport
{
    private const int Indent = 10;

    public static void WriteText(IReadOnlyList<Diagnosis> diagnoses, ReportLines lines)
    {
        foreach (var diagnosis in diagnoses)
        {
            lines.WriteLine(0, (WordOf(diagnosis.Health).PadRight(Indent), StyleOf(diagnosis.Health)), ($"{diagnosis.Check}: ", Dim), ($"{diagnosis.Message}.", Style.Plain));
            if (diagnosis.Remedy is { } remedy)
                lines.WriteLine(Indent, ($"Remedy: {remedy}", Style.Plain));
        }

        lines.WriteLine(0, ($"{string.Join(", ", Counts(diagnoses).Where(count => count.Count > 0).Select(count => $"{count.Count} {count.Word}"))}.", Bold));
    }

    public static void WriteJson(IReadOnlyList<Diagnosis> diagnoses, TextWriter output) => JsonMembers.WriteObject(output, json =>
    {
        json.WriteStartObject("summary");
        foreach (var (word, count) in Counts(diagnoses))
            json.WriteNumber(word, count);
        json.WriteEndObject();
        json.WriteStartArray("checks");
        foreach (var diagnosis in diagnoses)
        {
            json.WriteStartObject();
            json.WriteString("check", diagnosis.Check);
            json.WriteString("health", WordOf(diagnosis.Health));
            json.WriteString("message", diagnosis.Message);
            json.WriteString("remedy", diagnosis.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static IEnumerable<(string Word, int Count)> Counts(IReadOnlyList<Diagnosis> diagnoses) =>
        Enum.GetValues<Health>().Select(health => (WordOf(health), diagnoses.Count(diagnosis => diagnosis.Health == health)));

    private static string WordOf(Health health) => health.ToString().ToLowerInvariant();

    private static Style StyleOf(Health health) => new(health switch
    {
        Health.Wrong => Color.Red,
        Health.Warning => Color.Yellow,
        Health.Unknown => Color.Blue,
        _ => Color.Green,
    });
}
