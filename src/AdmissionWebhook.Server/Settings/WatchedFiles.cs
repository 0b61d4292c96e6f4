using System.Security.Cryptography;
using System.Text;
using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Settings;

/// <summary>Reads the files, or adds their errors and returns null.</summary>
internal delegate T? FileReader<out T>(IReadOnlyList<ManifestFile> files, ICollection<string> mistakes);

/// <summary>Files that change while the server runs. If a change is invalid, the last good version stays in force.</summary>
internal sealed partial class WatchedFiles(
    string what, ImmutableArray<string> paths, Action<IReadOnlyList<ManifestFile>, ICollection<string>> apply, TimeProvider time, ILogger<WatchedFiles> logger)
    : BackgroundService
{
    private string _lastSeen = "", _inForce = "";

    /// <summary>Whether the server can start with invalid files and wait until they are valid.</summary>
    public bool CanWait { get; init; }

    /// <summary>Receives the errors after each check, one line each; an empty list if the files are in force.</summary>
    public Action<IReadOnlyList<string>> Tell { get; init; } = _ => { };

    /// <summary>Puts the files into force if all of them are valid.</summary>
    public static Action<IReadOnlyList<ManifestFile>, ICollection<string>> Into<T>(Current<T> target, FileReader<T> read) where T : class =>
        (files, mistakes) => target.Value = read(files, mistakes) ?? target.Value;

    /// <summary>Loads the files the first time.</summary>
    /// <returns>The errors that prevent the start.</returns>
    public IReadOnlyList<string> Start()
    {
        var mistakes = Load();
        if (!CanWait)
            return mistakes;

        foreach (var mistake in mistakes)
            Log.Awaited(logger, what, mistake);
        return [];
    }

    /// <summary>
    /// Puts valid files into force if they changed. Tries invalid files again, because a certificate can become valid without a change.
    /// </summary>
    /// <returns>All errors; none if they are the same as the last time.</returns>
    private List<string> Load()
    {
        var mistakes = new List<string>();
        var files = Read(mistakes);
        var fingerprint = Fingerprint(files);
        if (mistakes.Count == 0 && fingerprint != _inForce)
        {
            Apply(files, mistakes);
            if (mistakes.Count == 0)
            {
                _inForce = fingerprint;
                Log.Loaded(logger, what, string.Join(", ", paths));
            }
        }

        Tell(mistakes);
        var seen = string.Join('\n', [fingerprint, .. mistakes]);
        var isNew = seen != _lastSeen;
        _lastSeen = seen;
        return isNew ? mistakes : [];
    }

    /// <summary>Catches our own bugs too: an exception that leaves this method would stop the whole server.</summary>
    private void Apply(List<ManifestFile> files, List<string> mistakes)
    {
        try
        {
            apply(files, mistakes);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            mistakes.Add($"{string.Join(", ", paths)}: {bug.GetType().Name}: {bug.Message}");
        }
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
                files.AddRange(ManifestFile.Find(path).Select(file => ManifestFile.Read(file, TextReader.Null)));
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

        [LoggerMessage(LogLevel.Error, "Invalid {What}; the server is not ready until it is fixed: {Mistake}")]
        public static partial void Awaited(ILogger logger, string what, string mistake);

        [LoggerMessage(LogLevel.Error, "Invalid {What}; the last good version stays in force: {Mistake}")]
        public static partial void Refused(ILogger logger, string what, string mistake);
    }
}
