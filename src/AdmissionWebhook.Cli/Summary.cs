namespace AdmissionWebhook.Cli;

/// <summary>
/// The numbers of objects by outcome. Each object counts once, under its strictest finding. Objects that a rule could not
/// check, or with an exempted finding, also count there. An object of a kind that no rule checks only counts as not judged.
/// </summary>
internal sealed record Summary(int Objects, int Denied, int Warned, int Audited, int Unchecked, int Exempted, int NotJudged)
{
    /// <summary>The objects that rules checked and did not report.</summary>
    public int Allowed => Objects - Denied - Warned - Audited - NotJudged;

    public static Summary Of(ImmutableArray<Verdict> verdicts)
    {
        var byOutcome = verdicts.CountBy(verdict => verdict.Outcome).ToDictionary();
        return new(
            verdicts.Length,
            byOutcome.GetValueOrDefault(Outcome.Denied),
            byOutcome.GetValueOrDefault(Outcome.Warned),
            byOutcome.GetValueOrDefault(Outcome.Audited),
            verdicts.Count(verdict => verdict.IsUnchecked),
            verdicts.Count(verdict => verdict.IsExempted),
            verdicts.Count(verdict => !verdict.IsJudged));
    }
}
