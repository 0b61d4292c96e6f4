namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>What a policy does with the findings of a rule. Ordered: the strictest of several policies wins.</summary>
public enum Enforcement
{
    /// <summary>The rule does not run.</summary>
    Off,

    /// <summary>A finding is only written to the decision record.</summary>
    Audit,

    /// <summary>The user sees a warning.</summary>
    Warn,

    /// <summary>The request is denied.</summary>
    Deny,

    /// <summary>A mutation warns which default it would set.</summary>
    Suggest,

    /// <summary>A mutation sets the default.</summary>
    Apply,
}
