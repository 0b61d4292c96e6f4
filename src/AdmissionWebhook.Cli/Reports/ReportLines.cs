using Spectre.Console;

namespace AdmissionWebhook.Cli.Reports;

/// <summary>Writes the lines of text reports.</summary>
internal sealed class ReportLines(Streams streams)
{
    // A pipe gets plain lines: the layout of text takes time that grows with the square of a line's length.
    private readonly IAnsiConsole? _terminal = streams.IsTerminal ? streams.CreateConsole() : null;

    public static Style Bold { get; } = new(decoration: Decoration.Bold);

    public static Style Dim { get; } = new(decoration: Decoration.Dim);

    public static Style StyleOf(Outcome outcome) => outcome switch
    {
        Outcome.Denied => new(Color.Red),
        Outcome.Warned => new(Color.Yellow),
        Outcome.Audited => new(Color.Blue),
        _ => new(Color.Green),
    };

    /// <summary>The heading of an object's block.</summary>
    public static string NameOf(Verdict verdict) =>
        $"{verdict.KindName} {(verdict.Namespace is { } @namespace ? @namespace + "/" : "")}{(verdict.Name.Length == 0 ? "(unnamed)" : verdict.Name)}";

    /// <summary>The file and line of a finding, with a colon; empty for an object without a file.</summary>
    public static string PlaceOf(Verdict verdict, Finding finding) => verdict.Manifest is { } manifest ? $"{manifest.File}:{verdict.LineOf(finding)}: " : "";

    public void WriteLine() => streams.Output.WriteLine();

    public void WriteLine(int indent, params ReadOnlySpan<(string Text, Style Style)> parts)
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
}
