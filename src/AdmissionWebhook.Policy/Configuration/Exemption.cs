using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// An exemption from rules, with a reason and an end. If it has names and a selector, an object must match both. Authors write the labels of
/// their objects, so with a selector they decide what is exempt; with names they do not.
/// </summary>
/// <param name="Name">metadata.name.</param>
/// <param name="Namespace">The namespace in which it applies; objects without a namespace are never exempt.</param>
/// <param name="Rules">The rules that do not apply. An exempt default is not set.</param>
/// <param name="Names">Patterns of object names; empty for everything that <paramref name="Selector"/> selects.</param>
/// <param name="Selector">The labels that the object must have.</param>
/// <param name="Reason">Why.</param>
/// <param name="Owner">Who is responsible for it.</param>
/// <param name="Ticket">Where the work is tracked that makes it unnecessary.</param>
/// <param name="ExpiresAt">The first instant at which it has expired.</param>
/// <param name="CreatedAt">When the API server first stored it; null for an exemption in a file.</param>
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
    /// <summary>Whether <paramref name="obj"/> is exempt from <paramref name="rule"/>.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="obj">The object as it would be stored, so that its new labels count.</param>
    /// <param name="now">The time of the decision.</param>
    /// <param name="maxLifetime">How long the policy lets exemptions last; null for no limit.</param>
    public bool Covers(Rule rule, KubernetesObject obj, DateTimeOffset now, TimeSpan? maxLifetime) =>
        obj.Metadata.Namespace == Namespace
        && Rules.Contains(rule)
        && HoldsAt(now, maxLifetime)
        && (Names.IsEmpty || Names.Any(pattern => Fits(pattern, obj.Metadata.Name)))
        && Selector.Matches(obj.Metadata.Labels);

    /// <summary>
    /// Whether it has not expired. The limit of a policy counts from its creation, so it has no effect on an exemption in a
    /// file, which has no creation time.
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
    /// An object without a generated name yet matches only *, which every name matches. The API server generates the name
    /// before validation; until then an author could choose a generateName that looks exempt.
    /// </summary>
    private static bool Fits(string pattern, string name) => name.Length == 0 ? pattern == "*" : NamePattern.Matches(pattern, name);
}
