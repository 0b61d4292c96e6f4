using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A label selector of Kubernetes: all requirements must match, and an empty selector selects everything.</summary>
/// <param name="Requirements">Those of matchLabels first.</param>
public sealed record LabelSelector(ImmutableArray<LabelRequirement> Requirements)
{
    private const int MostRequirements = 32;

    /// <summary>Selects everything.</summary>
    public static LabelSelector Everything { get; } = new([]);

    /// <summary>Whether it selects everything.</summary>
    public bool SelectsEverything => Requirements.IsEmpty;

    /// <summary>Whether an object with <paramref name="labels"/> is selected.</summary>
    public bool Matches(TextMap labels) => Requirements.All(requirement => requirement.Holds(labels));

    internal static JsonObject Schema => OpenApi.Map(
        ("matchLabels", OpenApi.MapOf(LabelSyntax.ValueSchema, MostRequirements).As("Labels and their required values.")),
        ("matchExpressions", OpenApi.ListOf(LabelRequirement.Schema, MostRequirements).As("Additional requirements, all of which must match.")));

    internal static LabelSelector Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var selector = new Members(value, at, errors, "matchLabels", "matchExpressions");
        var labels = new Members(selector["matchLabels"], at / "matchLabels", errors);
        return new(
        [
            .. labels.All.Select(label => LabelRequirement.ReadLabel(label, at / "matchLabels" / label.Name, errors)),
            .. selector.Read("matchExpressions", (list, place, mistakes) => ValueReaders.List(list, place, mistakes, LabelRequirement.Read), []),
        ]);
    }
}
