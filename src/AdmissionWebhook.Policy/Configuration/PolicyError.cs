using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A mistake in a policy.</summary>
/// <param name="Field">Where.</param>
/// <param name="Message">What is wrong and what would be right, without a full stop.</param>
public sealed record PolicyError(FieldPath Field, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => (Field.Parent is null ? Message : $"{Field}: {Message}") + (Message.EndsWith('?') ? "" : ".");

    internal static PolicyError WrongType(FieldPath at, string expected, JsonElement found) =>
        new(at, $"expected {expected}, found {Shorten(found)}");

    internal static PolicyError NoSuchValue(FieldPath at, JsonElement found, IReadOnlyCollection<string> known) =>
        new(at, $"{Shorten(found)} is not one of {string.Join(", ", known)}{DidYouMean(found.ToString(), known)}");

    internal static PolicyError NoSuchName(FieldPath at, string what, string found, IReadOnlyCollection<string> known) =>
        new(at, $"there is no {what} \"{found}\"{DidYouMean(found, known)}");

    private static string DidYouMean(string found, IEnumerable<string> known) =>
        Spelling.Nearest(found, known) is { } nearest ? $"; did you mean \"{nearest}\"?" : "";

    private static string Shorten(JsonElement found) => Printable.Shorten(found.GetRawText(), 60);
}
