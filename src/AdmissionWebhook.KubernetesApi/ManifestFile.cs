namespace AdmissionWebhook.KubernetesApi;

/// <summary>A file of manifests, as <c>kubectl -f</c> takes them.</summary>
/// <param name="Path">As the user named it; <c>-</c> for standard input.</param>
/// <param name="Text">Its contents.</param>
public sealed record ManifestFile(string Path, string Text)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Finds files, and in folders everything below them, in the order of their names.</summary>
    /// <param name="path">A file of any name, a folder, or <c>-</c>, which stands for itself.</param>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading a folder is not permitted.</exception>
    public static IEnumerable<string> Find(string path)
    {
        if (path == "-" || !Directory.Exists(path))
            return [path];

        // A mounted ConfigMap shows each file and keeps copies of it in hidden folders, ..data and the one that it links to.
        return from file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
               where !System.IO.Path.GetRelativePath(path, file).StartsWith("..", StringComparison.Ordinal)
               where Extensions.Contains(System.IO.Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
               orderby file
               select file;
    }

    /// <summary>Reads one file.</summary>
    /// <param name="path">A file of any name, or <c>-</c>.</param>
    /// <param name="standardInput">What <c>-</c> stands for.</param>
    /// <exception cref="IOException">There is nothing at that path, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading is not permitted.</exception>
    public static ManifestFile Read(string path, TextReader standardInput) => new(path, path == "-" ? standardInput.ReadToEnd() : File.ReadAllText(path));
}
