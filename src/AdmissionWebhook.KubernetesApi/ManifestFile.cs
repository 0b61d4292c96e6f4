namespace AdmissionWebhook.KubernetesApi;

/// <summary>A file of manifests, as <c>kubectl -f</c> takes them.</summary>
/// <param name="Path">As the user named it; <c>-</c> for standard input.</param>
/// <param name="Text">Its contents.</param>
public sealed record ManifestFile(string Path, string Text)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Finds files, and in folders everything below them, in the order of their names. A folder that cannot be listed stands for itself: to read it tells why.</summary>
    /// <param name="path">A file of any name, a folder, or <c>-</c>, which stands for itself.</param>
    public static IEnumerable<string> Find(string path) => path == "-" || !Directory.Exists(path) ? [path] : FilesBelow(path).Order();

    /// <summary>Links to folders are not followed, as kubectl does not: one to a folder around it would have no end.</summary>
    private static IEnumerable<string> FilesBelow(string folder)
    {
        FileSystemInfo[] entries;
        try
        {
            entries = new DirectoryInfo(folder).GetFileSystemInfos();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [folder];
        }

        // A mounted ConfigMap shows each file and keeps copies of it in hidden folders, ..data and the one that it links to.
        return from entry in entries
               where !entry.Name.StartsWith("..", StringComparison.Ordinal)
               let path = System.IO.Path.Combine(folder, entry.Name)
               from file in !entry.Attributes.HasFlag(FileAttributes.Directory) ? FileAt(path) : entry.LinkTarget is null ? FilesBelow(path) : []
               select file;
    }

    private static IEnumerable<string> FileAt(string path) => Extensions.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) ? [path] : [];

    /// <summary>Reads one file.</summary>
    /// <param name="path">A file of any name, or <c>-</c>.</param>
    /// <param name="standardInput">What <c>-</c> stands for.</param>
    /// <exception cref="IOException">There is nothing at that path, it is no regular file or too large, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading is not permitted.</exception>
    public static ManifestFile Read(string path, TextReader standardInput) =>
        new(path, path == "-" ? RegularFile.ReadToEnd(standardInput) : RegularFile.ReadText(path));
}
