using System.Text;
using System.Text.RegularExpressions;

namespace AdmissionWebhook.Cli;

/// <summary>The files that the user leaves out, by patterns like those of .gitignore.</summary>
internal sealed class FileFilter
{
    /// <summary>The name of a file with patterns, one a line, in a folder of manifests.</summary>
    public const string FileName = ".admission-webhookignore";

    private readonly ImmutableArray<Pattern> _patterns;

    /// <summary>Reads patterns; the last one that matches decides. A line that is empty or begins with # is none.</summary>
    /// <param name="lines">The patterns; each must be valid.</param>
    public FileFilter(IEnumerable<string> lines) =>
        _patterns = [.. from line in lines let written = line.TrimEnd(' ', '\t', '\r') where written is not ("" or ['#', ..]) select Pattern.Read(written)];

    private FileFilter(ImmutableArray<Pattern> patterns) => _patterns = patterns;

    /// <summary>These patterns and those of <see cref="FileName"/> in a folder, which can include what these exclude.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="IOException">The file is unreadable, or a line of it is not a valid pattern.</exception>
    public FileFilter In(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return this;

        var lines = File.ReadAllLines(file);
        var wrong = lines.Index().FirstOrDefault(line => !IsValid(line.Item));
        return wrong.Item is null ? new(_patterns.AddRange(new FileFilter(lines)._patterns))
            : throw new IOException($"Line {wrong.Index + 1} of {FileName} is not a valid pattern.");
    }

    /// <summary>Whether a text is a pattern.</summary>
    public static bool IsValid(string line)
    {
        try
        {
            _ = new FileFilter([line]);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether a file is left out, by itself or with a folder around it.</summary>
    /// <param name="path">From the folder that the patterns are for.</param>
    public bool Excludes(string path)
    {
        var parts = path.Replace(Path.DirectorySeparatorChar, '/').Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part =>
            part != ".").ToList();
        for (var count = 1; count <= parts.Count; count++)
        {
            var (part, isFolder) = (string.Join('/', parts.Take(count)), count < parts.Count);
            if (_patterns.LastOrDefault(pattern => pattern.Matches(part, isFolder)) is { Includes: false })
                return true;
        }

        return false;
    }

    /// <summary>One pattern.</summary>
    /// <param name="Form">Matches paths without a slash at either end.</param>
    /// <param name="IsForFolders">Whether it means folders only.</param>
    /// <param name="Includes">Whether it takes back what an earlier pattern excludes.</param>
    private sealed record Pattern(Regex Form, bool IsForFolders, bool Includes)
    {
        public bool Matches(string path, bool isFolder) => (isFolder || !IsForFolders) && Form.IsMatch(path);

        /// <exception cref="ArgumentException">A set of characters is invalid.</exception>
        public static Pattern Read(string written)
        {
            var includes = written[0] == '!';
            var glob = includes ? written[1..] : written;
            var isForFolders = glob.EndsWith('/');
            glob = isForFolders ? glob[..^1] : glob;
            var isAnchored = glob.Contains('/', StringComparison.Ordinal);
            return new(new(@"\A" + (isAnchored ? "" : "(.*/)?") + Translate(glob.TrimStart('/')) + @"\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), isForFolders, includes);
        }

        private static string Translate(string glob)
        {
            var form = new StringBuilder();
            for (var i = 0; i < glob.Length; i++)
            {
                var rest = glob.AsSpan(i);
                if (rest.StartsWith("**/") && (i == 0 || glob[i - 1] == '/'))
                    (_, i) = (form.Append("(.*/)?"), i + 2);
                else if (rest is "**")
                    (_, i) = (form.Append(".*"), i + 1);
                else if (glob[i] == '[' && glob.IndexOf(']', i + 1) is > 0 and var end)
                    (_, i) = (form.Append('[').Append(Set(glob[(i + 1)..end])).Append(']'), end);
                else if (glob[i] == '\\' && i + 1 < glob.Length)
                    form.Append(Regex.Escape(glob[++i].ToString()));
                else
                    form.Append(glob[i] switch { '*' => "[^/]*", '?' => "[^/]", var other => Regex.Escape(other.ToString()) });
            }

            return form.ToString();
        }

        private static string Set(string written) =>
            (written.StartsWith('!') ? "^" + written[1..] : written).Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal);
    }
}
