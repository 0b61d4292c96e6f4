namespace AdmissionWebhook.KubernetesApi;

/// <summary>A file of manifests, as <c>kubectl -f</c> takes them.</summary>
/// <param name="Path">As the user named it; <c>-</c> for standard input.</param>
/// <param name="Text">Its contents.</param>
public sealed record ManifestFile(string Path, string Text)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Reads files, and folders with everything below them; files in the order of their names.</summary>
    /// <param name="path">A file of any name, a folder, or <c>-</c>.</param>
    /// <param name="standardInput">What <c>-</c> stands for.</param>
    /// <exception cref="IOException">There is nothing at that path, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading is not permitted.</exception>
    public static IEnumerable<ManifestFile> ReadAll(string path, TextReader standardInput)
    {
        if (path == "-")
            return [new(path, standardInput.ReadToEnd())];
        if (!Directory.Exists(path))
            return [new(path, File.ReadAllText(path))];

        // A mounted ConfigMap shows each file and keeps copies of it in hidden folders, ..data and the one that it links to.
        return from file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
               where !System.IO.Path.GetRelativePath(path, file).StartsWith("..", StringComparison.Ordinal)
               where Extensions.Contains(System.IO.Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
               orderby file
               select new ManifestFile(file, File.ReadAllText(file));
    }
}
