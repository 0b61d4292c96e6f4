using System.Globalization;
using System.Text.Json.Nodes;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>Figures in rows: for people as an aligned Markdown table, for programs as JSON with every digit.</summary>
internal sealed class Table(string title, params ImmutableArray<string> columns)
{
    private readonly List<object[]> _rows = [];

    /// <param name="cells">A text, a whole number or a measured one for each column.</param>
    public void Add(params object[] cells) => _rows.Add(cells);

    public void Write(TextWriter output)
    {
        string[][] lines = [[.. columns], .. _rows.Select(row => row.Select(Text).ToArray())];
        int[] widths = [.. columns.Select((_, i) => lines.Max(line => line[i].Length))];
        lines = [lines[0], [.. widths.Select(width => new string('-', width))], .. lines[1..]];

        output.WriteLine($"\n{title}\n");
        foreach (var line in lines)
            output.WriteLine($"| {string.Join(" | ", line.Select((cell, i) => IsText(i) ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i])))} |");
    }

    public JsonNode ToJson() => new JsonObject
    {
        ["title"] = title,
        ["rows"] = new JsonArray([.. _rows.Select(row => new JsonObject(columns.Zip(row, (column, cell) => KeyValuePair.Create(column, Json(cell)))))]),
    };

    private bool IsText(int column) => _rows.All(row => row[column] is string);

    private static string Text(object cell) => cell switch
    {
        int whole => whole.ToString("N0", CultureInfo.InvariantCulture),
        double measured => measured.ToString(Math.Abs(measured) switch { >= 100 => "N0", >= 10 => "0.0", >= 0.1 => "0.00", _ => "0.####" }, CultureInfo.InvariantCulture),
        _ => cell.ToString()!,
    };

    private static JsonNode? Json(object cell) => cell switch
    {
        int whole => whole,
        double measured => measured,
        _ => cell.ToString(),
    };
}
