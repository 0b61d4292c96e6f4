using AdmissionWebhook.Policy.Evaluation;
using Spectre.Console;

namespace AdmissionWebhook.Cli;

/// <summary>Where a command reads and writes; tests run commands in their own process, on texts.</summary>
/// <param name="Input">What <c>-</c> stands for.</param>
/// <param name="Output">Reports.</param>
/// <param name="Error">What is wrong with arguments, manifests, clusters and policies.</param>
/// <param name="IsTerminal">Whether a person reads the output: in colour, wrapped to the width of the window.</param>
internal sealed record Streams(TextReader Input, TextWriter Output, TextWriter Error, bool IsTerminal)
{
    private const int Unbounded = 1 << 30;

    private bool IsColoured => IsTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>The output: coloured (unless NO_COLOR is set) and wrapped where a person reads it, else plain and unwrapped.</summary>
    public IAnsiConsole CreateConsole() => CreateConsole(InteractionSupport.No);

    /// <summary>The output where it can be drawn over; null where it cannot, or where nobody wants more than plain text.</summary>
    public IAnsiConsole? CreateDrawing() => IsColoured ? CreateConsole(InteractionSupport.Yes) : null;

    /// <summary>Tells what is wrong, one line each.</summary>
    public void Complain(IEnumerable<string> mistakes)
    {
        foreach (var mistake in mistakes)
            Error.WriteLine(Printable.Of(mistake));
    }

    /// <summary>Tells why nothing was done. A file may have been given as this and as that; what is wrong with it is told once.</summary>
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
            // They would turn colours back on under some build servers.
            Enrichment = new() { UseDefaultEnrichers = false },
        });
        if (!IsTerminal)
            console.Profile.Width = Unbounded;
        return console;
    }
}
