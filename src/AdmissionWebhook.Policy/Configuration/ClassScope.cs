using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Which Ingress classes a policy speaks for: the controller behind another class may not be the policy's to judge.</summary>
/// <param name="Include">Patterns, one of which must match.</param>
/// <param name="Exclude">Patterns, none of which may match.</param>
public sealed record ClassScope(ImmutableArray<string> Include, ImmutableArray<string> Exclude)
{
    /// <summary>Every class, and Ingresses without one.</summary>
    public static ClassScope All { get; } = new(["*"], []);

    /// <summary>Whether classes make no difference.</summary>
    public bool CoversEvery => Exclude.IsEmpty && Include.Contains("*");

    /// <summary>Whether an Ingress of this class is among them; null for one that has none.</summary>
    public bool Covers(string? className) => className is null
        ? Include.Contains("*")
        : NamePattern.MatchesAny(Include, className) && !NamePattern.MatchesAny(Exclude, className);

    internal static JsonObject Schema => OpenApi.Map(
        ("include", OpenApi.TextList.As("Name patterns, one of which must match; * stands for any characters. Default: [\"*\"].")),
        ("exclude", OpenApi.TextList.As("Name patterns, none of which may match. Default: [].")));

    internal static ClassScope Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var scope = new Members(value, at, errors, "include", "exclude");
        return new(scope.Read("include", ValueReaders.TextList, All.Include), scope.Read("exclude", ValueReaders.TextList, All.Exclude));
    }
}
