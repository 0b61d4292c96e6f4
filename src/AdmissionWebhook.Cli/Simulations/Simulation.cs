using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli.Simulations;

/// <summary>The changes by other policies.</summary>
/// <param name="Summary">The new outcomes of all objects.</param>
/// <param name="Objects">The objects with another outcome.</param>
internal sealed record Simulation(Summary Summary, ImmutableArray<ChangedObject> Objects)
{
    /// <summary>The tally of all objects.</summary>
    public Tally Total => Tally.Of(null, Objects);

    /// <summary>The tally of each rule with changes, in the order of the catalogue.</summary>
    public IEnumerable<Tally> ByRule =>
        from rule in RuleCatalog.All
        let objects = Objects.Select(changed => changed with { Changes = [.. changed.Changes.Where(change => change.Finding.Rule == rule)] }).Where(changed => !changed.Changes.IsEmpty).ToList()
        where objects.Count > 0
        select Tally.Of(rule.Id, objects);

    /// <summary>The tally of each namespace with changes, by name.</summary>
    public IEnumerable<Tally> ByNamespace =>
        from changed in Objects
        group changed by changed.Verdict.Namespace into @namespace
        orderby @namespace.Key
        select Tally.Of(@namespace.Key, [.. @namespace]);

    /// <summary>Compares verdicts on the same objects, in the same order.</summary>
    public static Simulation Of(ImmutableArray<Verdict> before, ImmutableArray<Verdict> after) =>
        new(Summary.Of(after), [.. before.Zip(after, ChangedObject.Between).Where(changed => !changed.Changes.IsEmpty)]);
}
