using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The Ingress classes that a policy covers.</summary>
/// <param name="Include">Patterns, one of which must match.</param>
/// <param name="Exclude">Patterns, none of which may match.</param>
public sealed record ClassScope(ImmutableArray<string> Include, ImmutableArray<string> Exclude)
{
    /// <summary>Every class, and Ingresses without a class.</summary>
    public static ClassScope All { get; } = new(["*"], []);

    /// <summary>Whether it covers every class.</summary>
    public bool CoversEvery => Exclude.IsEmpty && Include.Contains("*");

    /// <summary>Whether it covers an Ingress of this class; null for an Ingress without one.</summary>
    public bool Covers(string? className) => className is null
        ? Include.Contains("*")
        : NamePattern.MatchesAny(Include, className) && !NamePattern.MatchesAny(Exclude, className);

    internal static JsonObject Schema => OpenApi.Map(
        ("include", OpenApi.TextList.As("Name patterns, one of which must match. * matches any characters. Default: [\"*\"].")),
        ("exclude", OpenApi.TextList.As("Name patterns, none of which may match. Default: [].")));

    internal static ClassScope Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var scope = new Members(value, at, errors, "include", "exclude");
        return new(scope.Read("include", ValueReaders.TextList, All.Include), scope.Read("exclude", ValueReaders.TextList, All.Exclude));
    }
}
