using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Cli.Simulations;

/// <summary>What becomes of a violation when policies change.</summary>
/// <param name="Finding">As the new policies tell it; where they do not, as the current ones do, and off.</param>
/// <param name="Before">How severe it is now.</param>
/// <param name="After">How severe it would be.</param>
internal sealed record Change(Finding Finding, Outcome Before, Outcome After)
{
    /// <summary>Whether it becomes milder, or is no violation any more.</summary>
    public bool IsRelease => After < Before;

    /// <summary>What happens: denied, warned, audited or released.</summary>
    public string Word => (IsRelease ? "released" : After.ToString()).ToLowerInvariant();
}
