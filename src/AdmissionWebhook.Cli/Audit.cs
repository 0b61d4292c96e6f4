using AdmissionWebhook.Cli.Clusters;

namespace AdmissionWebhook.Cli;

/// <summary>Checks each stored object as it is.</summary>
internal sealed class Audit(PolicySet policies, DateTimeOffset now)
{
    /// <summary>The kinds that a rule in force checks.</summary>
    public ImmutableArray<ResourceKind> Kinds { get; } =
    [
        .. from kind in ResourceKind.All
           where policies.Policies.Any(policy => policy.Rules.Any(active => Judges(active, kind)))
           select kind,
    ];

    /// <summary>The kinds to list: those to check and those that their rules look up.</summary>
    public IEnumerable<ResourceKind> Needs => Kinds.Union(policies.Reads);

    /// <summary>One verdict for each object.</summary>
    /// <param name="objects">Some of the objects in <paramref name="state"/>, all of kinds to check.</param>
    /// <param name="state">The cluster state.</param>
    /// <param name="judged">Called after each object, from any thread.</param>
    public ImmutableArray<Verdict> Judge(IEnumerable<StoredObject> objects, ClusterState state, Action judged) =>
    [
        .. objects.AsParallel().AsOrdered().Select(stored =>
        {
            var decision = PolicyEngine.Decide(Subject.OfAudit(stored.Object, now), policies, state);
            judged();
            return new Verdict(stored.Manifest, stored.Object, decision.Findings, []);
        }),
    ];

    private static bool Judges(ActiveRule active, ResourceKind kind) =>
        active.Enforcement != Enforcement.Off && active.Rule is { Phase: AdmissionPhase.Validating, JudgesStored: true } && active.Rule.Kinds.Contains(kind);
}
