using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;

namespace AdmissionWebhook.Server.Audit;

/// <summary>Writes each decision record as one line of JSON, whatever names and messages hold.</summary>
/// <remarks>Keeps its memory from one record to the next, so it is for a single thread: that of the asynchronous sink.</remarks>
internal sealed class DecisionRecordFormatter : ITextFormatter
{
    private const string Property = "Record";

    /// <summary>People read these lines too, so quotes and umlauts stay as they are; control characters never do.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _utf8 = new(4096);

    /// <summary>The event that carries a record to the thread that writes it.</summary>
    public static LogEvent EventOf(DecisionRecord record) =>
        new(record.Time, LogEventLevel.Information, null, MessageTemplate.Empty, [new(Property, new ScalarValue(record))]);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        _utf8.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_utf8, Options))
            ((DecisionRecord)((ScalarValue)logEvent.Properties[Property]).Value!).WriteTo(json);

        var text = ArrayPool<char>.Shared.Rent(_utf8.WrittenCount);
        output.WriteLine(text.AsSpan(0, Encoding.UTF8.GetChars(_utf8.WrittenSpan, text)));
        ArrayPool<char>.Shared.Return(text);
    }
}
