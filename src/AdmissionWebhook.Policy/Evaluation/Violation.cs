using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>What a rule found wrong. The policy decides its severity.</summary>
/// <param name="Field">The place.</param>
/// <param name="Message">What is wrong and the value found, without a period.</param>
/// <param name="Remedy">The fix as an instruction, without a period. A new sentence if it starts with a capital, otherwise a clause of the message.</param>
public sealed record Violation(FieldPath Field, string Message, string Remedy)
{
    /// <summary>
    /// The other objects that cause it: missing, found without the port, or found with the same host. Before a denial the webhook reads each of
    /// them live, because watches lag behind.
    /// </summary>
    public ImmutableArray<ObjectReference> RestsOn { get; init; } = [];

    /// <summary>Another place of the object that the message names; null if it names none.</summary>
    public FieldPath? Beside { get; init; }

    /// <summary>The value found, if the message shows only part of it or nothing: a different value is a different violation. Null if the message shows all of it.</summary>
    public string? Value { get; init; }

    /// <summary>Whether the rule could not decide, because an object that it needs is unknown.</summary>
    public bool IsUnchecked { get; init; }

    /// <summary>Whether an update is denied for it although the stored object has it too.</summary>
    public bool CountsOnUpdate { get; init; }

    /// <summary>
    /// Whether it is a warning at most, for any policy: it concerns the future, or the absence of any object of some sort, which
    /// no live read of a named object can confirm.
    /// </summary>
    public bool IsAdvice { get; init; }

    /// <summary>Message and remedy as one text, safe to print.</summary>
    public string Text => Printable.Of(Remedy.Length == 0 ? $"{Message}."
        : char.IsUpper(Remedy[0]) ? $"{Message}. {Remedy}."
        : $"{Message}; {Remedy}.");

    /// <summary>The rule could not decide, because <paramref name="needed"/> is unknown. Never denies.</summary>
    public static Violation Unchecked(FieldPath field, ObjectReference needed) =>
        new(field, $"not checked: it is unknown whether {needed} exists", "") { RestsOn = [needed], IsUnchecked = true };

    /// <summary>The rule could not decide, because not all objects of a kind are known. Never denies.</summary>
    public static Violation Unchecked(FieldPath field, ResourceKind needed) =>
        new(field, $"not checked: the {needed} objects of the cluster are unknown", "") { IsUnchecked = true };

    /// <inheritdoc/>
    public bool Equals(Violation? other) =>
        other is not null && Message == other.Message && Remedy == other.Remedy && Value == other.Value && IsUnchecked == other.IsUnchecked && Field.Equals(other.Field);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Message, Field);
}
