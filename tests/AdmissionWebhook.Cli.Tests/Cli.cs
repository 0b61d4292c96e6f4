using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests;

/// <summary>Runs the command line in this process, in a folder of its own for the files a test writes.</summary>
internal sealed class Cli : IDisposable
{
    public static readonly string SampleCluster = Repository.PathOf("config", "samples", "cluster");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("admission-webhook-");

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    public static Run Run(params string[] args) => Run("", isTerminal: false, args);

    /// <summary>Judges a manifest from standard input.</summary>
    public static Run Check(string manifest, params string[] options) => Run(manifest, isTerminal: false, ["check", "-", .. options]);

    public static Run Run(string input, bool isTerminal, params string[] args) => Run(TimeProvider.System, input, isTerminal, args);

    public static Run Run(TimeProvider time, string input, bool isTerminal, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        // Away from the few threads of xunit, which waits here.
        var exitCode = Task.Run(() => CommandLine.RunAsync(args, new(new StringReader(input), output, error, isTerminal), time)).GetAwaiter().GetResult();
        return new(exitCode, output.ToString(), error.ToString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>What a run left behind.</summary>
internal sealed record Run(int ExitCode, string Output, string Error)
{
    public string[] ErrorLines => Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
