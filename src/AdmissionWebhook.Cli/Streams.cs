using Spectre.Console;

namespace AdmissionWebhook.Cli;

/// <summary>The input and outputs of a command; tests run commands in their own process, on texts.</summary>
/// <param name="Input">The input for <c>-</c>.</param>
/// <param name="Output">Receives reports.</param>
/// <param name="Error">Receives errors in arguments, manifests, clusters and policies.</param>
/// <param name="IsTerminal">Whether the output is a terminal: coloured, wrapped to the width of the window.</param>
internal sealed record Streams(TextReader Input, TextWriter Output, TextWriter Error, bool IsTerminal)
{
    private const int Unbounded = 1 << 30;

    private bool IsColoured => IsTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>The output: coloured (unless NO_COLOR is set) and wrapped on a terminal, else plain and unwrapped.</summary>
    public IAnsiConsole CreateConsole() => CreateConsole(InteractionSupport.No);

    /// <summary>The terminal if it can overwrite lines; null if it cannot, or if only plain text is wanted.</summary>
    public IAnsiConsole? CreateDrawing() => IsColoured ? CreateConsole(InteractionSupport.Yes) : null;

    /// <summary>Writes the errors, one line each.</summary>
    public void Complain(IEnumerable<string> mistakes)
    {
        foreach (var mistake in mistakes)
            Error.WriteLine(Printable.Of(mistake));
    }

    /// <summary>Writes why the command did nothing. A file that was given twice has its errors reported once.</summary>
    /// <returns>The exit code.</returns>
    public int Refuse(IEnumerable<string> mistakes)
    {
        Complain(mistakes.Distinct());
        return CommandLine.Unusable;
    }

    private IAnsiConsole CreateConsole(InteractionSupport interactive)
    {
        var console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(Output),
            Ansi = IsColoured ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = IsColoured ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = interactive,
            // These would turn colours on again under some build servers.
            Enrichment = new() { UseDefaultEnrichers = false },
        });
        if (!IsTerminal)
            console.Profile.Width = Unbounded;
        return console;
    }
}
