using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Which namespaces a policy speaks for. Cluster-scoped objects belong to every policy.</summary>
/// <param name="Include">Patterns, one of which must match.</param>
/// <param name="Exclude">Patterns, none of which may match.</param>
/// <param name="Selector">What the Namespace's labels must be.</param>
public sealed record NamespaceScope(ImmutableArray<string> Include, ImmutableArray<string> Exclude, LabelSelector Selector)
{
    /// <summary>Every namespace.</summary>
    public static NamespaceScope All { get; } = new(["*"], [], LabelSelector.Everything);

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
        if (Selector.SelectsEverything)
            return true;

        var lookup = cluster.Find<Namespace>(null, space);
        return lookup.Found is { } found ? Selector.Matches(found.Metadata.Labels) : null;
    }

    internal static JsonObject Schema => OpenApi.Map(
        ("include", OpenApi.TextList.As("Name patterns, one of which must match; * stands for any characters. Default: [\"*\"].")),
        ("exclude", OpenApi.TextList.As("Name patterns, none of which may match. Default: [].")),
        ("selector", LabelSelector.Schema.As("What the labels of the Namespace must be.")));

    internal static NamespaceScope Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var scope = new Members(value, at, errors, "include", "exclude", "selector");
        return new(
            scope.Read("include", ValueReaders.TextList, All.Include),
            scope.Read("exclude", ValueReaders.TextList, All.Exclude),
            scope.Read("selector", LabelSelector.Read, All.Selector));
    }
}
