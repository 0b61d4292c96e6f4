namespace AdmissionWebhook.Cli.Simulations;

/// <summary>An object with another outcome by the new policies.</summary>
/// <param name="Verdict">Its new verdict.</param>
/// <param name="Changes">Its changes; at least one.</param>
internal sealed record ChangedObject(Verdict Verdict, ImmutableArray<Change> Changes)
{
    /// <summary>Its strictest new outcome; Allowed if all changes are milder.</summary>
    public Outcome New => Changes.Where(change => !change.IsRelease).Select(change => change.After).DefaultIfEmpty().Max();

    /// <summary>Whether any change is milder.</summary>
    public bool IsReleased => Changes.Any(change => change.IsRelease);

    /// <summary>Compares the verdicts of two sets of policies on one object.</summary>
    public static ChangedObject Between(Verdict before, Verdict after)
    {
        var (old, now) = (SeverestOf(before), SeverestOf(after));
        var kept = from pair in now
                   let was = old.TryGetValue(pair.Key, out var known) ? Verdict.OutcomeOf(known) : Outcome.Allowed
                   select new Change(pair.Value, was, Verdict.OutcomeOf(pair.Value));
        var gone = from pair in old
                   where !now.ContainsKey(pair.Key)
                   select new Change(pair.Value with { Enforcement = Enforcement.Off }, Verdict.OutcomeOf(pair.Value), Outcome.Allowed);
        return new(after, [.. kept.Concat(gone).Where(change => change.Before != change.After)]);
    }

    /// <summary>The key of a finding, without the remedy: it names parameters, which can be the only difference.</summary>
    private static OrderedDictionary<(Rule, string Field, string Message), Finding> SeverestOf(Verdict verdict)
    {
        var severest = new OrderedDictionary<(Rule, string, string), Finding>();
        foreach (var finding in verdict.Findings)
        {
            var key = (finding.Rule, finding.Field.ToString(), finding.Violation.Message);
            if (!severest.TryGetValue(key, out var known) || Verdict.OutcomeOf(known) < Verdict.OutcomeOf(finding))
                severest[key] = finding;
        }

        return severest;
    }
}
