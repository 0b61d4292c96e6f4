using System.Collections.Frozen;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>One policy in force.</summary>
/// <param name="Name">metadata.name.</param>
/// <param name="Namespaces">Whom it speaks for.</param>
/// <param name="TellsDefaults">Whether users are warned of every default that is filled in, so that they write it down.</param>
/// <param name="Rules">Its rules in catalogue order, those that are off included.</param>
public sealed record TrafficPolicy(string Name, NamespaceScope Namespaces, bool TellsDefaults, ImmutableArray<ActiveRule> Rules)
{
    private readonly FrozenDictionary<(AdmissionPhase, ResourceKind), ImmutableArray<ActiveRule>> _running = Sort(Rules);

    /// <summary>Its rules in catalogue order, those that are off included.</summary>
    public ImmutableArray<ActiveRule> Rules { get; init => (field, _running) = (value, Sort(value)); } = Rules;

    /// <summary>The Ingress classes it speaks for.</summary>
    public ClassScope IngressClasses { get; init; } = ClassScope.All;

    /// <summary>Whom it does not judge.</summary>
    public IdentityScope Exempt { get; init; } = IdentityScope.Nobody;

    /// <summary>How long an exemption from it lasts at most, from its creation; null for as long as the exemption says.</summary>
    public TimeSpan? MaxExemptionLifetime { get; init; }

    /// <summary>The controllers whose own objects are not taken for violations.</summary>
    public ImmutableArray<KnownController> KnownControllers { get; init; } = KnownController.All;

    /// <summary>What becomes of a request when a rule at Deny comes to no verdict, for a bug or for lack of budget.</summary>
    public ErrorAnswer OnError { get; init; }

    /// <summary>The rules that are not off for a phase and a kind, in catalogue order.</summary>
    internal ImmutableArray<ActiveRule> RulesFor(AdmissionPhase phase, ResourceKind kind) => _running.GetValueOrDefault((phase, kind), []);

    /// <summary>Whether it speaks for an object; null when that hangs on a namespace or a default class that nobody can tell.</summary>
    internal bool? Covers(KubernetesObject target, ClusterState cluster)
    {
        var space = Namespaces.Covers(target.Metadata.Namespace, cluster);
        if (space is false || target is not Ingress ingress || IngressClasses.CoversEvery)
            return space;

        // Controllers differ in which of the two they read, so one in scope is enough.
        if (ingress.NamedClasses.Any())
            return ingress.NamedClasses.Any(named => IngressClasses.Covers(named)) ? space : false;

        var effective = cluster.ClassOf(ingress);
        return !effective.IsKnown ? null : IngressClasses.Covers(effective.Name) ? space : false;
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
