namespace AdmissionWebhook.Cli;

/// <summary>
/// How many objects fared how. Each counts once, under the strictest thing said of it; those that a rule could not
/// check, or of which an exemption lets something be, are counted besides, whatever else was said of them.
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
