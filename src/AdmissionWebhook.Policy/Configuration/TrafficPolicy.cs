using System.Collections.Frozen;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>One active policy.</summary>
/// <param name="Name">metadata.name.</param>
/// <param name="Namespaces">The namespaces that it covers.</param>
/// <param name="TellsDefaults">Whether users get a warning for every default that is set.</param>
/// <param name="Rules">Its rules in catalogue order, including those that are off.</param>
public sealed record TrafficPolicy(string Name, NamespaceScope Namespaces, bool TellsDefaults, ImmutableArray<ActiveRule> Rules)
{
    private readonly FrozenDictionary<(AdmissionPhase, ResourceKind), ImmutableArray<ActiveRule>> _running = Sort(Rules);

    /// <summary>Its rules in catalogue order, including those that are off.</summary>
    public ImmutableArray<ActiveRule> Rules { get; init => (field, _running) = (value, Sort(value)); } = Rules;

    /// <summary>The Ingress classes that it covers.</summary>
    public ClassScope IngressClasses { get; init; } = ClassScope.All;

    /// <summary>The users that it does not validate.</summary>
    public IdentityScope Exempt { get; init; } = IdentityScope.Nobody;

    /// <summary>The maximum lifetime of an exemption from its creation; null for no limit.</summary>
    public TimeSpan? MaxExemptionLifetime { get; init; }

    /// <summary>The controllers whose own objects are not reported as violations.</summary>
    public ImmutableArray<KnownController> KnownControllers { get; init; } = KnownController.All;

    /// <summary>The answer to a request if a rule at Deny does not decide, because of a bug or for lack of budget.</summary>
    public ErrorAnswer OnError { get; init; }

    /// <summary>The rules that are not off for a phase and a kind, in catalogue order.</summary>
    internal ImmutableArray<ActiveRule> RulesFor(AdmissionPhase phase, ResourceKind kind) => _running.GetValueOrDefault((phase, kind), []);

    /// <summary>Whether it covers an object; null if that depends on an unknown namespace or default class.</summary>
    internal bool? Covers(KubernetesObject target, ClusterState cluster)
    {
        var covered = Namespaces.Covers(target.Metadata.Namespace, cluster);
        if (covered is false || target is not Ingress ingress || IngressClasses.CoversEvery)
            return covered;

        // Controllers differ in which of the two they read, so one covered class is enough.
        if (ingress.NamedClasses.Any())
            return ingress.NamedClasses.Any(named => IngressClasses.Covers(named)) ? covered : false;

        var effective = cluster.ClassOf(ingress);
        return !effective.IsKnown ? null : IngressClasses.Covers(effective.Name) ? covered : false;
    }

    internal bool Reads(ResourceKind kind) =>
        (kind == ResourceKind.Namespace && !Namespaces.Selector.SelectsEverything)
        || (kind == ResourceKind.IngressClass && !IngressClasses.CoversEvery)
        || Rules.Any(active => active.Enforcement != Enforcement.Off && active.Rule.Reads.Contains(kind));

    internal static TrafficPolicy Resolve(PolicyDocument document)
    {
        var settings = document.Rules.Select(setting => ActiveRule.Resolve(setting, [])!).ToDictionary(active => active.Rule);
        return new(document.Name!, document.Namespaces, document.TellsDefaults, [.. RuleCatalog.All.Where(settings.ContainsKey).Select(rule => settings[rule])])
        {
            IngressClasses = document.IngressClasses,
            Exempt = document.Exempt,
            MaxExemptionLifetime = document.MaxExemptionLifetime,
            KnownControllers = document.KnownControllers,
            OnError = document.OnError,
        };
    }

    private static FrozenDictionary<(AdmissionPhase, ResourceKind), ImmutableArray<ActiveRule>> Sort(ImmutableArray<ActiveRule> rules) => rules
        .Where(active => active.Enforcement != Enforcement.Off)
        .SelectMany(active => active.Rule.Kinds, (active, kind) => (active, kind))
        .GroupBy(entry => (entry.active.Rule.Phase, entry.kind), entry => entry.active)
        .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());
}
