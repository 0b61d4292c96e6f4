using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AdmissionWebhook.Server.Audit;

/// <summary>A decision record as a line of JSON; all records use the same buffer.</summary>
internal sealed class AuditLine : IDisposable
{
    /// <summary>People read these lines too, so quotes and umlauts stay as they are; control characters are escaped.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new(1024);
    private readonly Utf8JsonWriter _json;

    public AuditLine() => _json = new(_line, Options);

    /// <summary>The line of a record, with its line end; valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(DecisionRecord record)
    {
        _line.ResetWrittenCount();
        _json.Reset();
        record.WriteTo(_json);
        _json.Flush();
        if (!Ascii.IsValid(_line.WrittenSpan))
            Escape();
        _line.Write("\n"u8);
        return _line.WrittenSpan;
    }

    public void Dispose() => _json.Dispose();

    /// <summary>
    /// Invisible characters, above all changes of direction, disguise a line; JSON can escape them. All characters beyond ASCII in JSON are part of a
    /// text.
    /// </summary>
    private void Escape()
    {
        var escaped = new StringBuilder(_line.WrittenCount);
        foreach (var rune in Encoding.UTF8.GetString(_line.WrittenSpan).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format)
                escaped.Append(rune);
            else
                foreach (var unit in rune.ToString())
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
        }

        _line.ResetWrittenCount();
        _line.Write(Encoding.UTF8.GetBytes(escaped.ToString()));
    }
}
