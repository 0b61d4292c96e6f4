namespace AdmissionWebhook.Cli;

/// <summary>
/// The numbers of objects by outcome. Each object counts once, under its strictest finding. Objects that a rule could not
/// check, or with an exempted finding, also count there.
/// </summary>
internal sealed record Summary(int Objects, int Denied, int Warned, int Audited, int Unchecked, int Exempted)
{
    public static Summary Of(ImmutableArray<Verdict> verdicts)
    {
        var byOutcome = verdicts.CountBy(verdict => verdict.Outcome).ToDictionary();
        return new(
            verdicts.Length,
            byOutcome.GetValueOrDefault(Outcome.Denied),
            byOutcome.GetValueOrDefault(Outcome.Warned),
            byOutcome.GetValueOrDefault(Outcome.Audited),
            verdicts.Count(verdict => verdict.IsUnchecked),
            verdicts.Count(verdict => verdict.IsExempted));
    }
}
