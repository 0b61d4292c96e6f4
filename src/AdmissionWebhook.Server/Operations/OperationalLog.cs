using System.Globalization;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Formatting.Json;

namespace AdmissionWebhook.Server.Operations;

/// <summary>The log of the server, on standard error: standard output belongs to the decision records.</summary>
internal static class OperationalLog
{
    private const string Line = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>Disposing it writes the lines that still wait.</summary>
    public static ILoggerProvider Create(bool asJson)
    {
        ITextFormatter format = asJson ? new JsonFormatter(renderMessage: true) : new MessageTemplateTextFormatter(Line, CultureInfo.InvariantCulture);

        // .NET has one lock for standard output and standard error: a reader that stops reading one stops both. So no request may write to them.
        var logger = new LoggerConfiguration().Enrich.With<PrintableValues>().WriteTo.Async(sinks => sinks.Console(format, standardErrorFromLevel: LevelAlias.Minimum)).CreateLogger();
        return new SerilogLoggerProvider(logger, dispose: true);
    }
}
