using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>What a rule found wrong. How bad that is, the policy says.</summary>
/// <param name="Field">Where.</param>
/// <param name="Message">What is wrong and the value found, without a full stop.</param>
/// <param name="Remedy">What would work, without a full stop; a new sentence when it starts with a capital, else a clause of the message.</param>
public sealed record Violation(FieldPath Field, string Message, string Remedy)
{
    /// <summary>
    /// The other objects it rests on: missing, found without the port, or found claiming the host. Before a denial each of
    /// them is read live, since what a watch knows lags behind.
    /// </summary>
    public ImmutableArray<ObjectReference> RestsOn { get; init; } = [];

    /// <summary>Another place of the object that the message names; null where it names none.</summary>
    public FieldPath? Beside { get; init; }

    /// <summary>The value found, where the message shows a part of it or nothing: another one in its place is another violation. Null where the message says it all.</summary>
    public string? Value { get; init; }

    /// <summary>Whether the rule could not tell, because it does not know an object that it needs.</summary>
    public bool IsUnchecked { get; init; }

    /// <summary>Whether an update has to answer for it although the stored object has it too.</summary>
    public bool CountsOnUpdate { get; init; }

    /// <summary>
    /// Whether it is a warning at most, whatever the policy: about what is yet to come, or about the absence of any object of some sort, which
    /// no reading of a named object can confirm.
    /// </summary>
    public bool IsAdvice { get; init; }

    /// <summary>Message and remedy as one text, fit to be shown.</summary>
    public string Text => Printable.Of(Remedy.Length == 0 ? $"{Message}."
        : char.IsUpper(Remedy[0]) ? $"{Message}. {Remedy}."
        : $"{Message}; {Remedy}.");

    /// <summary>The rule could not tell, because <paramref name="needed"/> is unknown. Never denies.</summary>
    public static Violation Unchecked(FieldPath field, ObjectReference needed) =>
        new(field, $"not checked: whether there is {needed} is not known", "") { RestsOn = [needed], IsUnchecked = true };

    /// <summary>The rule could not tell, because not all objects of a kind are known. Never denies.</summary>
    public static Violation Unchecked(FieldPath field, ResourceKind needed) =>
        new(field, $"not checked: the {needed} objects of the cluster are not known", "") { IsUnchecked = true };

    /// <inheritdoc/>
    public bool Equals(Violation? other) =>
        other is not null && Message == other.Message && Remedy == other.Remedy && Value == other.Value && IsUnchecked == other.IsUnchecked && Field.Equals(other.Field);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Message, Field);
}
