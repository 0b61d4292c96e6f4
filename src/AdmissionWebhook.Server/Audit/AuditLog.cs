using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.Channels;
using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Audit;

/// <summary>
/// Writes decision records, a line of JSON each. When they come faster than they can be written some are lost and counted: no request ever
/// waits for them.
/// </summary>
internal sealed partial class AuditLog : IAsyncDisposable
{
    private const int Waiting = 10_000;
    private const int LargestBatch = 1024 * 1024;

    /// <summary>To wake up for every record would cost more than to write it.</summary>
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(5);

    /// <summary>People read these lines too, so quotes and umlauts stay as they are; control characters never do.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ILogger<AuditLog> _operational;
    private readonly ImmutableArray<Stream> _outputs;
    private readonly Channel<DecisionRecord> _waiting;
    private readonly ITimer _timer;
    private readonly Task _writing;
    private string? _fault;
    private long _lost, _reported;

    /// <exception cref="StartRefusedException">The file cannot be written.</exception>
    public AuditLog(ServerSettings settings, TimeProvider time, ILogger<AuditLog> operational)
    {
        _operational = operational;
        _outputs = [.. OpenOutputs(settings.Audit)];
        _waiting = Channel.CreateBounded<DecisionRecord>(new BoundedChannelOptions(Waiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }, _ => Interlocked.Increment(ref _lost));
        _timer = time.CreateTimer(_ => ReportFaults(), null, BetweenReports, BetweenReports);

        // A thread of its own, since whoever reads standard output may stop reading, and then a write lasts until they go on.
        _writing = Task.Factory.StartNew(WriteAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Write(DecisionRecord record)
    {
        if (!_outputs.IsEmpty)
            _waiting.Writer.TryWrite(record);
    }

    /// <summary>Writes what is still waiting, if whoever reads it does so soon.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAny(_writing, Task.Delay(LongestFarewell));
        await _timer.DisposeAsync();
        ReportFaults();
        foreach (var output in _outputs)
            await output.DisposeAsync();
    }

    private static IEnumerable<Stream> OpenOutputs(AuditSettings settings)
    {
        if (settings.Stdout)
            yield return Console.OpenStandardOutput();
        if (settings.File is { } file)
            yield return new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    private void WriteAll()
    {
        var batch = new ArrayBufferWriter<byte>(64 * 1024);
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            var count = 0;
            for (batch.ResetWrittenCount(); batch.WrittenCount < LargestBatch && _waiting.Reader.TryRead(out var record); count++)
                Append(record, batch);
            foreach (var output in _outputs)
                Write(batch.WrittenSpan, count, output);
            Thread.Sleep(BetweenBatches);
        }
    }

    private static void Append(DecisionRecord record, ArrayBufferWriter<byte> batch)
    {
        using (var json = new Utf8JsonWriter(batch, Options))
            record.WriteTo(json);
        batch.Write("\n"u8);
    }

    private void Write(ReadOnlySpan<byte> lines, int count, Stream output)
    {
        try
        {
            output.Write(lines);
        }
        catch (IOException failed)
        {
            Interlocked.Add(ref _lost, count);
            _fault = failed.Message;
        }
    }

    private void ReportFaults()
    {
        var lost = Volatile.Read(ref _lost);
        if (lost > _reported)
            Log.Lost(_operational, lost - _reported, lost, Interlocked.Exchange(ref _fault, null) ?? "they came faster than they can be written");
        _reported = lost;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Count} decision records were lost, {Total} since the start: {Reason}")]
        public static partial void Lost(ILogger logger, long count, long total, string reason);
    }
}
