using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli;

/// <summary>Reads the input of a command, and collects every error in it to report all at once.</summary>
/// <param name="standardInput">The input for <c>-</c>.</param>
internal sealed class ManifestReader(TextReader standardInput)
{
    /// <summary>The errors so far, each with its place.</summary>
    public List<string> Mistakes { get; } = [];

    /// <summary>Every object in files, folders and <c>-</c>.</summary>
    public ImmutableArray<Manifest> Read(params IEnumerable<string> paths) => [.. paths.SelectMany(ReadPath)];

    /// <summary>Adds errors inside files, from top to bottom.</summary>
    public void Note(IEnumerable<SourceError> mistakes) => Mistakes.AddRange(Tell(mistakes));

    private static IEnumerable<string> Tell(IEnumerable<SourceError> mistakes) =>
        from mistake in mistakes
        orderby mistake.File, mistake.Line
        select mistake.ToString();

    private IEnumerable<Manifest> ReadPath(string path)
    {
        if (path != "-" && !Path.Exists(path))
        {
            Mistakes.Add($"\"{path}\": does not exist");
            return [];
        }

        var files = ManifestFile.Find(path).ToList().AsParallel().AsOrdered().Select(ReadFile).ToList();
        Mistakes.AddRange(files.SelectMany(file => file.Mistakes));
        return files.SelectMany(file => file.Manifests);
    }

    private (ImmutableArray<Manifest> Manifests, IEnumerable<string> Mistakes) ReadFile(string path)
    {
        try
        {
            var mistakes = new List<SourceError>();
            return (Manifest.ReadAll(path, ManifestFile.Read(path, standardInput).Text, mistakes), Tell(mistakes));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return ([], [$"\"{path}\": {unreadable.Message}"]);
        }
    }
}
