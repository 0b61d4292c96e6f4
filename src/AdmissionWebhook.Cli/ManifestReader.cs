using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli;

/// <summary>Reads the input of a command, and collects every error in it to report all at once.</summary>
/// <param name="standardInput">The input for <c>-</c>.</param>
internal sealed class ManifestReader(TextReader standardInput)
{
    /// <summary>The files that are left out.</summary>
    public FileFilter Filter { get; init; } = new([]);

    /// <summary>Whether a file without a Kubernetes object is an error.</summary>
    public bool IsStrict { get; init; }

    /// <summary>The errors so far, each with its place.</summary>
    public List<string> Mistakes { get; } = [];

    /// <summary>What is no error: files that were skipped, and keys that stand twice; each with its place.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Every object in files, folders and <c>-</c>.</summary>
    public ImmutableArray<Manifest> Read(params IEnumerable<string> paths) => [.. paths.SelectMany(path => ReadPath(path))];

    /// <summary>Adds errors inside files, from top to bottom.</summary>
    public void Note(IEnumerable<SourceError> mistakes)
    {
        foreach (var mistake in mistakes.OrderBy(mistake => mistake.File, StringComparer.Ordinal).ThenBy(mistake => mistake.Line))
        {
            if (mistake.Sort == SourceErrorSort.Invalid || (IsStrict && mistake.Sort == SourceErrorSort.NoObjects))
                Mistakes.Add(mistake.ToString());
            else
                Notes.Add($"{mistake.File}:{mistake.Line}: note: {mistake.Message}");
        }
    }

    private ImmutableArray<Manifest> ReadPath(string path)
    {
        if (path != "-" && !Path.Exists(path))
        {
            Mistakes.Add($"\"{path}\": does not exist");
            return [];
        }

        try
        {
            var files = Find(path).AsParallel().AsOrdered().Select(ReadFile).ToList();
            foreach (var file in files)
            {
                Note(file.Mistakes);
                if (file.Failure is not null)
                    Mistakes.Add(file.Failure);
            }

            return [.. files.SelectMany(file => file.Manifests)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            Mistakes.Add($"\"{path}\": {unreadable.Message}");
            return [];
        }
    }

    /// <summary>
    /// The files of a path without those that are left out. A pattern counts from the folder, or from where the path of the user begins.
    /// </summary>
    private List<string> Find(string path)
    {
        var isFolder = path != "-" && Directory.Exists(path);
        var filter = isFolder ? Filter.In(path) : Filter;
        return [.. ManifestFile.Find(path).Where(file => path == "-"
            || !((isFolder && filter.Excludes(Path.GetRelativePath(path, file))) || Filter.Excludes(file)))];
    }

    private (ImmutableArray<Manifest> Manifests, List<SourceError> Mistakes, string? Failure) ReadFile(string path)
    {
        var mistakes = new List<SourceError>();
        try
        {
            var manifests = Manifest.ReadAll(path, ManifestFile.Read(path, standardInput).Text, mistakes);
            mistakes.AddRange(manifests.Select(manifest => manifest.NearMiss).OfType<SourceError>());
            return (manifests.RemoveAll(manifest => manifest.NearMiss is not null), mistakes, null);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return ([], mistakes, $"\"{path}\": {unreadable.Message}");
        }
    }
}
