namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>What a policy does with what a rule finds. Ordered: the strictest of several policies wins.</summary>
public enum Enforcement
{
    /// <summary>The rule is not run.</summary>
    Off,

    /// <summary>A validation's finding goes into the decision record, nothing more.</summary>
    Audit,

    /// <summary>The user sees a warning.</summary>
    Warn,

    /// <summary>The request is refused.</summary>
    Deny,

    /// <summary>A mutation tells what it would fill in.</summary>
    Suggest,

    /// <summary>A mutation fills it in.</summary>
    Apply,
}
