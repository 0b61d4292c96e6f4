using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>How a rule ended.</summary>
public enum FindingStatus
{
    /// <summary>Something is wrong, or would be filled in.</summary>
    Violated,

    /// <summary>The rule could not tell; never denies.</summary>
    Unchecked,

    /// <summary>Something is wrong, and an exemption lets it be.</summary>
    Exempted,

    /// <summary>Something is wrong that was so before this update: the user is told and not refused.</summary>
    Old,

    /// <summary>The rule came to no verdict: a bug of ours, or more work than one decision may take.</summary>
    Failed,
}

/// <summary>A violation with what the policies make of it.</summary>
/// <param name="Rule">The rule that found it.</param>
/// <param name="Violation">What it found.</param>
/// <param name="Enforcement">The strictest of the policies that ask for this rule; Off where the rule could not tell, or where an exemption lets it be.</param>
/// <param name="Status">Whether it is a violation at all.</param>
public sealed record Finding(Rule Rule, Violation Violation, Enforcement Enforcement, FindingStatus Status)
{
    /// <summary>What lets it be: the exemption as <c>namespace/name</c>, the user, or the controller whose object it is. Null where nothing does.</summary>
    public string? Exemption { get; init; }

    /// <summary>Where.</summary>
    public FieldPath Field => Violation.Field;

    /// <summary>Whether the user is told although it refuses nothing.</summary>
    public bool IsWarning => Enforcement is Enforcement.Warn or Enforcement.Suggest or Enforcement.Apply;

    /// <summary>What is wrong and what would work, fit to be shown. That it is old comes first, since a long warning loses its end.</summary>
    public string Text => Status == FindingStatus.Old ? $"It was so before, so this update is not refused: {Violation.Text}" : Violation.Text;

    /// <summary>As shown to people: place, text, rule. The place is left out where it is the whole object.</summary>
    public override string ToString() => (Field.Parent is null ? "" : $"{Field}: ") + $"{Text} [{Rule.Id}]";
}
