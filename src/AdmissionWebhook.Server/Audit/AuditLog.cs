using System.Buffers;
using System.Threading.Channels;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Audit;

/// <summary>
/// Writes decision records, one line of JSON each. If records come faster than it can write them, it drops and counts some: no request ever
/// waits for them.
/// </summary>
internal sealed partial class AuditLog : IAsyncDisposable
{
    private const int Waiting = 10_000;

    /// <summary>The limit of waiting records, in bytes of memory.</summary>
    private const long MostWaiting = 16 * 1024 * 1024;

    private const int LargestBatch = 1024 * 1024;

    /// <summary>A wake-up for every record would cost more than the write.</summary>
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(5);

    private readonly ILogger<AuditLog> _operational;
    private readonly ImmutableArray<AuditOutput> _outputs;
    private readonly AuditLosses _unwritten;
    private readonly Channel<DecisionRecord> _waiting;
    private readonly ITimer _timer;
    private readonly Task _writing;
    private long _waitingBytes;

    public AuditLog(ServerSettings settings, Metrics metrics, TimeProvider time, ILogger<AuditLog> operational)
    {
        _operational = operational;
        _unwritten = new("all", metrics);
        _outputs = [.. OutputsOf(settings.Audit, metrics)];
        _waiting = Channel.CreateBounded<DecisionRecord>(
            new BoundedChannelOptions(Waiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite },
            Lose);
        _timer = time.CreateTimer(_ => ReportLosses(), null, BetweenReports, BetweenReports);

        // It has its own thread: a reader of standard output can stop reading, and then a write blocks until the reader continues.
        _writing = Task.Factory.StartNew(WriteAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Write(DecisionRecord record)
    {
        if (_outputs.IsEmpty)
            return;

        if (Interlocked.Add(ref _waitingBytes, record.Weight) > MostWaiting)
            Lose(record);
        else
            _waiting.Writer.TryWrite(record);
    }

    /// <summary>Writes the waiting records, if the reader of the output reads soon.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAny(_writing, Task.Delay(LongestDrain, TimeProvider.System));
        await _timer.DisposeAsync();
        ReportLosses();
    }

    private static IEnumerable<AuditOutput> OutputsOf(AuditSettings settings, Metrics metrics)
    {
        if (settings.Stdout)
            yield return new(Console.OpenStandardOutput, new("stdout", metrics));
        if (settings.File is { } file)
            yield return new(() => new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0), new("file", metrics));
    }

#pragma warning disable RS0030 // It has its own thread, which waits only for records.
    private void WriteAll()
    {
        using var line = new AuditLine();
        var batch = new ArrayBufferWriter<byte>(64 * 1024);
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            var count = 0;
            for (batch.ResetWrittenCount(); batch.WrittenCount < LargestBatch && _waiting.Reader.TryRead(out var record);)
            {
                Interlocked.Add(ref _waitingBytes, -record.Weight);
                count += TryAppend(record, line, batch) ? 1 : 0;
            }

            foreach (var output in _outputs)
                output.Write(batch.WrittenSpan, count);
            Thread.Sleep(BetweenBatches);
        }
    }
#pragma warning restore RS0030

    private void Lose(DecisionRecord record)
    {
        Interlocked.Add(ref _waitingBytes, -record.Weight);
        _unwritten.Count(1, "they come faster than the server can write them");
    }

    /// <summary>A record that cannot be formatted is a bug; the next records must still be written, and no half line.</summary>
    private bool TryAppend(DecisionRecord record, AuditLine line, ArrayBufferWriter<byte> batch)
    {
        try
        {
            batch.Write(line.Of(record));
            return true;
        }
        catch (Exception bug)
        {
            _unwritten.Count(1, bug.Message);
            return false;
        }
    }

    private void ReportLosses()
    {
        foreach (var losses in _outputs.Select(output => output.Losses).Prepend(_unwritten))
        {
            if (losses.TakeUnreported() is ({ } reason, > 0 and var count))
                Log.Lost(_operational, count, losses.Output, losses.Total, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Lost {Count} decision records (output: {Output}), {Total} since the start: {Reason}")]
        public static partial void Lost(ILogger logger, long count, string output, long total, string reason);
    }
}
