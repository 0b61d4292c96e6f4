using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The namespaces that a policy covers. Every policy covers cluster-scoped objects.</summary>
/// <param name="Include">Patterns, one of which must match.</param>
/// <param name="Exclude">Patterns, none of which may match.</param>
/// <param name="Selector">The labels that the Namespace must have.</param>
public sealed record NamespaceScope(ImmutableArray<string> Include, ImmutableArray<string> Exclude, LabelSelector Selector)
{
    /// <summary>Every namespace.</summary>
    public static NamespaceScope All { get; } = new(["*"], [], LabelSelector.Everything);

    /// <summary>
    /// Whether the policy covers objects of <paramref name="namespace"/>;
    /// null if that depends on unknown labels. The namespace of an object always exists, so a missing one is not known yet.
    /// </summary>
    public bool? Covers(string? @namespace, ClusterState cluster)
    {
        if (@namespace is null)
            return true;
        if (!NamePattern.MatchesAny(Include, @namespace) || NamePattern.MatchesAny(Exclude, @namespace))
            return false;
        if (Selector.SelectsEverything)
            return true;

        var lookup = cluster.Find<Namespace>(null, @namespace);
        return lookup.Found is { } found ? Selector.Matches(found.Metadata.Labels) : null;
    }

    internal static JsonObject Schema => OpenApi.Map(
        ("include", OpenApi.TextList.As("Name patterns, one of which must match. * matches any characters. Default: [\"*\"].")),
        ("exclude", OpenApi.TextList.As("Name patterns, none of which may match. Default: [].")),
        ("selector", LabelSelector.Schema.As("The labels that the Namespace must have.")));

    internal static NamespaceScope Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var scope = new Members(value, at, errors, "include", "exclude", "selector");
        return new(
            scope.Read("include", ValueReaders.TextList, All.Include),
            scope.Read("exclude", ValueReaders.TextList, All.Exclude),
            scope.Read("selector", LabelSelector.Read, All.Selector));
    }
}
