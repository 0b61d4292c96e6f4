using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AdmissionWebhook.Server.Audit;

/// <summary>A decision record as a line of JSON.</summary>
internal static class AuditLine
{
    /// <summary>People read these lines too, so quotes and umlauts stay as they are; control characters never do.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(DecisionRecord record, ArrayBufferWriter<byte> line)
    {
        using (var json = new Utf8JsonWriter(line, Options))
            record.WriteTo(json);
        if (!Ascii.IsValid(line.WrittenSpan))
            Escape(line);
        line.Write("\n"u8);
    }

    /// <summary>
    /// Characters that nobody sees, changes of direction above all, make a line look like another one; JSON can spell them. Beyond ASCII everything in JSON is part of a text.
    /// </summary>
    private static void Escape(ArrayBufferWriter<byte> line)
    {
        var escaped = new StringBuilder(line.WrittenCount);
        foreach (var rune in Encoding.UTF8.GetString(line.WrittenSpan).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format)
                escaped.Append(rune);
            else
                foreach (var unit in rune.ToString())
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
        }

        line.ResetWrittenCount();
        line.Write(Encoding.UTF8.GetBytes(escaped.ToString()));
    }
}
