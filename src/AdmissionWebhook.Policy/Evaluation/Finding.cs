using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>The result of a rule.</summary>
public enum FindingStatus
{
    /// <summary>A violation, or a default that is not set.</summary>
    Violated,

    /// <summary>The rule could not decide. Never denies.</summary>
    Unchecked,

    /// <summary>A violation that an exemption covers.</summary>
    Exempted,

    /// <summary>A violation that existed before this update: a warning, never a denial.</summary>
    Old,

    /// <summary>The rule did not decide: a bug of the webhook, or more work than one decision may take.</summary>
    Failed,
}

/// <summary>A violation with the enforcement of the policies.</summary>
/// <param name="Rule">The rule that found it.</param>
/// <param name="Violation">What it found.</param>
/// <param name="Enforcement">The strictest of all policies with this rule; Off if the rule could not decide or the object is exempt.</param>
/// <param name="Status">Whether it is a violation at all.</param>
public sealed record Finding(Rule Rule, Violation Violation, Enforcement Enforcement, FindingStatus Status)
{
    /// <summary>What exempts it: the exemption as <c>namespace/name</c>, the user, or the controller that owns the object. Null if nothing does.</summary>
    public string? Exemption { get; init; }

    /// <summary>The place.</summary>
    public FieldPath Field => Violation.Field;

    /// <summary>Whether the user gets it as a warning.</summary>
    public bool IsWarning => Enforcement is Enforcement.Warn or Enforcement.Suggest or Enforcement.Apply;

    /// <summary>What is wrong and the fix, safe to print. The note on an existing violation comes first, because a long warning loses its end.</summary>
    public string Text => Status == FindingStatus.Old ? $"existing violation, not denied on update: {Violation.Text}" : Violation.Text;

    /// <summary>As shown to people: place, text, rule. Without a place if it is the whole object.</summary>
    public override string ToString() => (Field.Parent is null ? "" : $"{Field}: ") + $"{Text} [{Rule.Id}]";
}
