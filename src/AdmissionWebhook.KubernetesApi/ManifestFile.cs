namespace AdmissionWebhook.KubernetesApi;

/// <summary>A file of manifests, as for <c>kubectl -f</c>.</summary>
/// <param name="Path">The path that the user wrote; <c>-</c> for standard input.</param>
/// <param name="Text">Its contents.</param>
public sealed record ManifestFile(string Path, string Text)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>
    /// Finds files, also below folders, in the order of their names. It returns an unreadable folder itself: reading it reports the error.
    /// </summary>
    /// <param name="path">A file of any name, a folder, or <c>-</c>.</param>
    public static IEnumerable<string> Find(string path) => path == "-" || !Directory.Exists(path) ? [path] : FilesBelow(path).Order();

    /// <summary>Does not follow links to folders, like kubectl: a link to a parent folder would never end.</summary>
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

        // A mounted ConfigMap shows each file and has copies in hidden folders: ..data and its target.
        return from entry in entries
               where !entry.Name.StartsWith("..", StringComparison.Ordinal)
               let path = System.IO.Path.Combine(folder, entry.Name)
               from file in !entry.Attributes.HasFlag(FileAttributes.Directory) ? FileAt(path) : entry.LinkTarget is null ? FilesBelow(path) : []
               select file;
    }

    private static IEnumerable<string> FileAt(string path) => Extensions.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) ? [path] : [];

    /// <summary>Reads one file.</summary>
    /// <param name="path">A file of any name, or <c>-</c>.</param>
    /// <param name="standardInput">The input for <c>-</c>.</param>
    /// <exception cref="IOException">The path does not exist, is not a regular file, is too large, or is unreadable.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not read the file.</exception>
    public static ManifestFile Read(string path, TextReader standardInput) =>
        new(path, path == "-" ? RegularFile.ReadToEnd(standardInput) : RegularFile.ReadText(path));
}
