using System.Threading.Channels;

namespace AdmissionWebhook.Server.Settings;

/// <summary>
/// Reports when files may have changed: soon after an event of the file system, and periodically, for file
/// systems without events.
/// </summary>
internal sealed partial class FileChanges : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public FileChanges(IEnumerable<string> paths, TimeProvider time, ILogger logger)
    {
        _time = time;
        _timer = time.CreateTimer(_ => Hint(), null, TimeSpan.Zero, Patience);
        foreach (var path in paths)
        {
            try
            {
                _watchers.Add(Watch(path));
            }
            catch (Exception refused) when (refused is IOException or ArgumentException)
            {
                Log.NotWatched(logger, path, Patience.TotalSeconds, refused.Message);
            }
        }
    }

    /// <summary>Waits until files may have changed. Changes come in bursts, so it waits for the end of the burst.</summary>
    public async Task WaitAsync(CancellationToken stopping)
    {
        await _hints.Reader.ReadAsync(stopping);
        await Task.Delay(Quiet, _time, stopping);
        _hints.Reader.TryRead(out _);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _watchers.ForEach(watcher => watcher.Dispose());
    }

    /// <summary>Watches the folder of a file: editors and Kubernetes replace files, and ConfigMaps swap a link beside them.</summary>
    private FileSystemWatcher Watch(string path)
    {
        var isFolder = Directory.Exists(path);
        var watcher = new FileSystemWatcher(isFolder ? path : Path.GetDirectoryName(Path.GetFullPath(path))!) { IncludeSubdirectories = isFolder };
        watcher.Changed += (_, _) => Hint();
        watcher.Created += (_, _) => Hint();
        watcher.Deleted += (_, _) => Hint();
        watcher.Renamed += (_, _) => Hint();
        watcher.Error += (_, _) => Hint();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    private void Hint() => _hints.Writer.TryWrite(true);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Cannot watch {Path}, reading it every {Seconds} seconds instead: {Reason}")]
        public static partial void NotWatched(ILogger logger, string path, double seconds, string reason);
    }
}
