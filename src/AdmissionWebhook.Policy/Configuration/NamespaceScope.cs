using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Which namespaces a policy speaks for. Cluster-scoped objects belong to every policy.</summary>
/// <param name="Include">Patterns, one of which must match.</param>
/// <param name="Exclude">Patterns, none of which may match.</param>
/// <param name="MatchLabels">Labels the Namespace must have.</param>
public sealed record NamespaceScope(ImmutableArray<string> Include, ImmutableArray<string> Exclude, ImmutableArray<KeyValuePair<string, string>> MatchLabels)
{
    /// <summary>Every namespace.</summary>
    public static NamespaceScope All { get; } = new(["*"], [], []);

    /// <summary>
    /// Whether the policy speaks for objects of <paramref name="space"/>; 
    /// null when that hangs on labels nobody can tell: an object's namespace is always there, so one that is not known has yet to be heard of.
    /// </summary>
    public bool? Covers(string? space, ClusterState cluster)
    {
        if (space is null)
            return true;
        if (!NamePattern.MatchesAny(Include, space) || NamePattern.MatchesAny(Exclude, space))
            return false;
        if (MatchLabels.IsEmpty)
            return true;

        var lookup = cluster.Find<Namespace>(null, space);
        return lookup.Found is { } found ? MatchLabels.All(label => found.Metadata.Labels[label.Key] == label.Value) : null;
    }

    internal static NamespaceScope Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var scope = new Members(value, at, errors, "include", "exclude", "selector");
        var selector = new Members(scope["selector"], at / "selector", errors, "matchLabels");
        var labels = new Members(selector["matchLabels"], at / "selector" / "matchLabels", errors);
        return new(
            Patterns(scope["include"], at / "include", errors) ?? All.Include,
            Patterns(scope["exclude"], at / "exclude", errors) ?? All.Exclude,
            [.. labels.All.Select(label => KeyValuePair.Create(label.Name, labels.Text(label.Name) ?? ""))]);
    }

    private static ImmutableArray<string>? Patterns(JsonElement value, FieldPath at, ICollection<PolicyError> errors) =>
        Members.IsAbsent(value) ? null : Parameter.ReadTextList(value, at, errors);
}
