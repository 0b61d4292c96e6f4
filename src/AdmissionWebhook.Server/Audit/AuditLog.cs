using AdmissionWebhook.Server.Settings;
using Serilog;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Sinks.Async;

namespace AdmissionWebhook.Server.Audit;

/// <summary>Writes decision records, a line each. When they come faster than they can be written some are lost: no request ever waits for them.</summary>
internal sealed partial class AuditLog : IAsyncLogEventSinkMonitor, IDisposable
{
    private const int Waiting = 10_000;

    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(10);

    private readonly ILogger<AuditLog> _operational;
    private readonly Logger _records;
    private readonly ITimer _timer;
    private IAsyncLogEventSinkInspector? _queue;
    private string? _fault;
    private long _lost;

    public AuditLog(ServerSettings settings, TimeProvider time, ILogger<AuditLog> operational)
    {
        _operational = operational;
        var format = new DecisionRecordFormatter();
        _records = new LoggerConfiguration()
            .WriteTo.Async(sinks =>
                {
                    if (settings.Audit.Stdout)
                        sinks.Console(format);
                    if (settings.Audit.File is { } file)
                        sinks.File(format, file, fileSizeLimitBytes: null);
                },
                monitor: this,
                bufferSize: Waiting,
                blockWhenFull: false)
            .CreateLogger();
        SelfLog.Enable(fault => _fault = fault.Split('\n')[0]);
        _timer = time.CreateTimer(_ => ReportFaults(), null, BetweenReports, BetweenReports);
    }

    public void Write(DecisionRecord record) => _records.Write(DecisionRecordFormatter.EventOf(record));

    /// <summary>Writes what is still waiting.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        ReportFaults();
        try
        {
            _records.Dispose();
        }
        catch (IOException full)
        {
            Log.Failing(_operational, full.Message);
        }
    }

    void IAsyncLogEventSinkMonitor.StartMonitoring(IAsyncLogEventSinkInspector inspector) => _queue = inspector;

    void IAsyncLogEventSinkMonitor.StopMonitoring(IAsyncLogEventSinkInspector inspector) => _queue = null;

    private void ReportFaults()
    {
        var lost = _queue?.DroppedMessagesCount ?? _lost;
        var fault = Interlocked.Exchange(ref _fault, null);
        if (lost > _lost)
            Log.Lost(_operational, lost - _lost, lost);
        else if (fault is not null)
            Log.Failing(_operational, fault);
        _lost = lost;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Count} decision records were lost, {Total} since the start: they cannot be written fast enough")]
        public static partial void Lost(Microsoft.Extensions.Logging.ILogger logger, long count, long total);

        [LoggerMessage(LogLevel.Error, "Decision records are being lost: {Reason}")]
        public static partial void Failing(Microsoft.Extensions.Logging.ILogger logger, string reason);
    }
}
