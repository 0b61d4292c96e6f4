using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli.Simulations;

/// <summary>What would change if other policies were in force.</summary>
/// <param name="Summary">How all objects would fare.</param>
/// <param name="Objects">Those that fare otherwise than now.</param>
internal sealed record Simulation(Summary Summary, ImmutableArray<ChangedObject> Objects)
{
    /// <summary>Of all objects.</summary>
    public Tally Total => Tally.Of(null, Objects);

    /// <summary>Of each rule that makes a difference, in catalogue order.</summary>
    public IEnumerable<Tally> ByRule =>
        from rule in RuleCatalog.All
        let objects = Objects.Select(changed => changed with { Changes = [.. changed.Changes.Where(change => change.Finding.Rule == rule)] }).Where(changed => !changed.Changes.IsEmpty).ToList()
        where objects.Count > 0
        select Tally.Of(rule.Id, objects);

    /// <summary>Of each namespace in which there is a difference, by name.</summary>
    public IEnumerable<Tally> ByNamespace =>
        from changed in Objects
        group changed by changed.Verdict.Namespace into space
        orderby space.Key
        select Tally.Of(space.Key, [.. space]);

    /// <summary>Compares verdicts on the same objects, in the same order.</summary>
    public static Simulation Of(ImmutableArray<Verdict> before, ImmutableArray<Verdict> after) =>
        new(Summary.Of(after), [.. before.Zip(after, ChangedObject.Between).Where(changed => !changed.Changes.IsEmpty)]);
}
