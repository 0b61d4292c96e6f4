using System.Globalization;
using System.Text;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>
/// Names and values come from manifests of any author. Characters that a terminal would execute (escape sequences), or
/// that disguise text (line breaks, changes of direction), are written as escapes.
/// </summary>
public static class Printable
{
    /// <summary>The text, safe to print.</summary>
    public static string Of(string text)
    {
        if (text.EnumerateRunes().All(IsHarmless))
            return text;

        var printable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            printable.Append(IsHarmless(rune) ? rune.ToString() : $"\\u{rune.Value:x4}");
        return printable.ToString();
    }

    /// <summary>A text of no more than <paramref name="most"/> UTF-16 units and an ellipsis; no character is cut in half, because half a character is not valid UTF-8.</summary>
    public static string Shorten(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "…";

    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
