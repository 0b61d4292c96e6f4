using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>An error in a policy or exemption.</summary>
/// <param name="Field">The place.</param>
/// <param name="Message">What is wrong and how to fix it, without a period.</param>
public sealed record PolicyError(FieldPath Field, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => (Field.Parent is null ? Message : $"{Field}: {Message}") + (Message.EndsWith('?') ? "" : ".");

    internal static PolicyError WrongType(FieldPath at, string expected, JsonElement found) =>
        new(at, $"must be {expected}, found {Shorten(found)}");

    internal static PolicyError NoSuchValue(FieldPath at, JsonElement found, IReadOnlyCollection<string> known) =>
        new(at, $"must be one of {string.Join(", ", known)}, found {Shorten(found)}{DidYouMean(found.ToString(), known)}");

    internal static PolicyError NoSuchName(FieldPath at, string what, string found, IReadOnlyCollection<string> known) =>
        new(at, $"{what} \"{found}\" does not exist{DidYouMean(found, known)}");

    private static string DidYouMean(string found, IEnumerable<string> known) =>
        Spelling.Nearest(found, known) is { } nearest ? $"; did you mean \"{nearest}\"?" : "";

    private static string Shorten(JsonElement found) => Printable.Shorten(found.GetRawText(), 60);
}
