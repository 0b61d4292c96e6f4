using System.Security.Cryptography;
using System.Text;
using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Settings;

/// <summary>Makes something of the files, or adds what is wrong with them to the mistakes and makes nothing.</summary>
internal delegate T? FileReader<out T>(IReadOnlyList<ManifestFile> files, ICollection<string> mistakes);

/// <summary>Files that people change while the server runs. What they break changes nothing: the last good version stays.</summary>
internal sealed partial class WatchedFiles(
    string what, ImmutableArray<string> paths, Action<IReadOnlyList<ManifestFile>, ICollection<string>> apply, TimeProvider time, ILogger<WatchedFiles> logger)
    : BackgroundService
{
    private string _lastSeen = "";

    /// <summary>Puts what is read into force, if all of it is good.</summary>
    public static Action<IReadOnlyList<ManifestFile>, ICollection<string>> Into<T>(Current<T> target, FileReader<T> read) where T : class =>
        (files, mistakes) => target.Value = read(files, mistakes) ?? target.Value;

    /// <summary>Puts the files into force if they changed and are good; without a version in force before, the mistakes prevent the start.</summary>
    /// <returns>Every mistake; none where nothing changed.</returns>
    public IReadOnlyList<string> Load()
    {
        var mistakes = new List<string>();
        var files = Read(mistakes);
        var seen = Fingerprint(files) + string.Concat(mistakes);
        if (seen == _lastSeen)
            return [];

        _lastSeen = seen;
        if (mistakes.Count == 0)
            apply(files, mistakes);
        if (mistakes.Count == 0)
            Log.Loaded(logger, what, string.Join(", ", paths));
        return mistakes;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = new FileChanges(paths, time, logger);
        while (!stoppingToken.IsCancellationRequested)
        {
            await changes.WaitAsync(stoppingToken);
            foreach (var mistake in Load())
                Log.Refused(logger, what, mistake);
        }
    }

    private List<ManifestFile> Read(List<string> mistakes)
    {
        var files = new List<ManifestFile>();
        foreach (var path in paths)
        {
            try
            {
                files.AddRange(ManifestFile.ReadAll(path, TextReader.Null));
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                mistakes.Add($"{path}: {unreadable.Message}");
            }
        }

        return files;
    }

    private static string Fingerprint(IEnumerable<ManifestFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Path}\0{file.Text}\0"));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Loaded the {What} from {Paths}")]
        public static partial void Loaded(ILogger logger, string what, string paths);

        [LoggerMessage(LogLevel.Error, "Changed {What} cannot be used, the last good version stays in force: {Mistake}")]
        public static partial void Refused(ILogger logger, string what, string mistake);
    }
}
