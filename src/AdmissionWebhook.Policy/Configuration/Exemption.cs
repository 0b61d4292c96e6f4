using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// A reasoned pass that ends. Where it names objects and selects by labels, an object must fit both. Labels are the object's
/// author's to write, so a selector leaves it to them who is exempt; names do not.
/// </summary>
/// <param name="Name">metadata.name.</param>
/// <param name="Namespace">The one namespace in which it holds; objects without a namespace are never exempt.</param>
/// <param name="Rules">What need not be kept to. An exempt default is not filled in.</param>
/// <param name="Names">Patterns of object names; none for whatever <paramref name="Selector"/> selects.</param>
/// <param name="Selector">What the object's labels must be.</param>
/// <param name="Reason">Why.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Ticket">Where the work is tracked that makes it needless.</param>
/// <param name="ExpiresAt">The first instant at which it no longer holds.</param>
/// <param name="CreatedAt">When the API server stored it first; null for one in a file.</param>
public sealed record Exemption(
    string Name,
    string Namespace,
    ImmutableArray<Rule> Rules,
    ImmutableArray<string> Names,
    LabelSelector Selector,
    string Reason,
    string Owner,
    string? Ticket,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? CreatedAt)
{
    /// <summary>Whether <paramref name="obj"/> need not keep to <paramref name="rule"/>.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="obj">The object as it would be stored, so that its new labels count.</param>
    /// <param name="now">The instant at which it is judged.</param>
    /// <param name="maxLifetime">How long the policy lets exemptions last; null where it sets no bound.</param>
    public bool Covers(Rule rule, KubernetesObject obj, DateTimeOffset now, TimeSpan? maxLifetime) =>
        obj.Metadata.Namespace == Namespace
        && Rules.Contains(rule)
        && HoldsAt(now, maxLifetime)
        && (Names.IsEmpty || Names.Any(pattern => Fits(pattern, obj.Metadata.Name)))
        && Selector.Matches(obj.Metadata.Labels);

    /// <summary>
    /// Whether it has not ended yet. A policy's bound counts from its creation, so it is without effect on an exemption in a
    /// file, which nobody has created.
    /// </summary>
    public bool HoldsAt(DateTimeOffset now, TimeSpan? maxLifetime) =>
        now < ExpiresAt && (CreatedAt is not { } created || maxLifetime is not { } lifetime || now - created < lifetime);

    internal static Exemption Resolve(ExemptionDocument document) => new(
        document.Name!,
        document.Namespace!,
        [.. document.Rules.Select(RuleCatalog.Find).OfType<Rule>().Distinct()],
        document.Names,
        document.Selector,
        document.Reason!,
        document.Owner!,
        document.Ticket,
        document.ExpiresAt!.Value,
        document.CreatedAt);

    /// <summary>
    /// An object whose name has still to be generated fits * alone, which every name will fit. The API server has generated it
    /// by the time it asks for validation; until then anybody could choose a generateName that looks exempt.
    /// </summary>
    private static bool Fits(string pattern, string name) => name.Length == 0 ? pattern == "*" : NamePattern.Matches(pattern, name);
}
