using System.CommandLine;

namespace AdmissionWebhook.Cli.Options;

/// <summary>Which files of folders a command reads.</summary>
internal sealed class ManifestOptions
{
    private readonly Option<string[]> _exclude = new("--exclude")
    {
        HelpName = "GLOB",
        Description = $"Leave out files and folders that match, as in .gitignore; a {FileFilter.FileName} in a folder has more patterns; repeatable.",
        Validators = { Refusal.Of(written => !FileFilter.IsValid(written), written => $"--exclude {written} is not a valid pattern.") },
    };

    private readonly Option<bool> _strict = new("--strict-files")
    {
        Description = "Fail for a file that has no Kubernetes object; by default the command skips it with a note.",
    };

    /// <summary>All options, in the order of the help.</summary>
    public IEnumerable<Option> All => [_exclude, _strict];

    /// <summary>Reads files as the user wants.</summary>
    public ManifestReader CreateReader(ParseResult parsed, Streams streams) =>
        new(streams.Input) { Filter = new(parsed.GetValue(_exclude)!), IsStrict = parsed.GetValue(_strict) };
}
