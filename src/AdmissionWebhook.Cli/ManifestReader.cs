using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Cli;

/// <summary>Reads what a command was given, and gathers every mistake in it so that all can be told at once.</summary>
/// <param name="standardInput">What <c>-</c> stands for.</param>
internal sealed class ManifestReader(TextReader standardInput)
{
    /// <summary>What is wrong so far, each with its place.</summary>
    public List<string> Mistakes { get; } = [];

    /// <summary>Every object in files, folders and <c>-</c>.</summary>
    public ImmutableArray<Manifest> Read(params IEnumerable<string> paths) => [.. paths.SelectMany(ReadPath)];

    /// <summary>Notes what is wrong inside files, from top to bottom.</summary>
    public void Note(IEnumerable<SourceError> mistakes) =>
        Mistakes.AddRange(
            from mistake in mistakes
            orderby mistake.File, mistake.Line
            select mistake.ToString());

    private IEnumerable<Manifest> ReadPath(string path)
    {
        try
        {
            if (path == "-" || Path.Exists(path))
                return Parse([.. ManifestFile.ReadAll(path, standardInput)]);
            Mistakes.Add($"\"{path}\": there is no such file or folder");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Mistakes.Add($"\"{path}\": {failure.Message}");
        }

        return [];
    }

    private List<Manifest> Parse(ImmutableArray<ManifestFile> files)
    {
        var parsed = files.AsParallel().AsOrdered().Select(file =>
        {
            var mistakes = new List<SourceError>();
            return (Manifests: Manifest.ReadAll(file.Path, file.Text, mistakes), Mistakes: mistakes);
        }).ToList();
        Note(parsed.SelectMany(file => file.Mistakes));
        return [.. parsed.SelectMany(file => file.Manifests)];
    }
}
