using Serilog.Core;
using Serilog.Events;

namespace AdmissionWebhook.Server.Operations;

/// <summary>Escapes characters that break or disguise a log line: texts in messages come from requests, objects and other servers.</summary>
internal sealed class PrintableValues : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        List<LogEventProperty>? changed = null;
        foreach (var (name, value) in logEvent.Properties)
        {
            if (value is ScalarValue { Value: string text } && Printable.Of(text) is var printable && !ReferenceEquals(printable, text))
                (changed ??= []).Add(new(name, new ScalarValue(printable)));
        }

        changed?.ForEach(logEvent.AddOrUpdateProperty);
    }
}
