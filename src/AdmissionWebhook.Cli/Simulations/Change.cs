namespace AdmissionWebhook.Cli.Simulations;

/// <summary>The change of a violation between two sets of policies.</summary>
/// <param name="Finding">The finding of the new policies; if there is none, that of the current policies with Off.</param>
/// <param name="Before">The current outcome.</param>
/// <param name="After">The new outcome.</param>
internal sealed record Change(Finding Finding, Outcome Before, Outcome After)
{
    /// <summary>Whether it becomes milder, or disappears.</summary>
    public bool IsRelease => After < Before;

    /// <summary>The kind of change: denied, warned, audited or released.</summary>
    public string Word => (IsRelease ? "released" : After.ToString()).ToLowerInvariant();
}
