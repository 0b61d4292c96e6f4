using Spectre.Console;

namespace AdmissionWebhook.Cli;

/// <summary>Where a command reads and writes; tests run commands in their own process, on texts.</summary>
/// <param name="Input">What <c>-</c> stands for.</param>
/// <param name="Output">Reports.</param>
/// <param name="Error">What is wrong with arguments, manifests and policies.</param>
/// <param name="IsTerminal">Whether a person reads the output: in colour, wrapped to the width of the window.</param>
internal sealed record Streams(TextReader Input, TextWriter Output, TextWriter Error, bool IsTerminal)
{
    private const int Unbounded = 1 << 30;

    /// <summary>The output: coloured (unless NO_COLOR is set) and wrapped where a person reads it, else plain and unwrapped.</summary>
    public IAnsiConsole CreateConsole()
    {
        var coloured = IsTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(Output),
            Ansi = coloured ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = coloured ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            // They would turn colours back on under some build servers.
            Enrichment = new() { UseDefaultEnrichers = false },
        });
        if (!IsTerminal)
            console.Profile.Width = Unbounded;
        return console;
    }

    /// <summary>Tells what is wrong, one line each.</summary>
    public void Complain(IEnumerable<string> mistakes)
    {
        foreach (var mistake in mistakes)
            Error.WriteLine(Printable.Of(mistake));
    }
}
