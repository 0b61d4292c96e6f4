using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>One requirement of a <see cref="LabelSelector"/>.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator">The operator.</param>
/// <param name="Values">Of <see cref="LabelOperator.In"/> and <see cref="LabelOperator.NotIn"/>; the others have none.</param>
public sealed record LabelRequirement(string Key, LabelOperator Operator, ImmutableArray<string> Values)
{
    internal static JsonObject Schema => OpenApi.Map(
            ("key", LabelSyntax.KeySchema.As("The label.")),
            ("operator", OpenApi.Choice(Enum.GetNames<LabelOperator>()).As("The operator. NotIn also matches an object without the label.")),
            ("values", OpenApi.ListOf(LabelSyntax.ValueSchema, 64).As("The values for In and NotIn.")))
        .Requiring("key", "operator")
        .Where("self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0", "values is required for In and NotIn, and must be empty for Exists and DoesNotExist");

    /// <summary>Whether it holds for an object with <paramref name="labels"/>. As in Kubernetes, an absent label is not in any list.</summary>
    public bool Holds(TextMap labels) => (Operator, labels[Key]) switch
    {
        (LabelOperator.In, { } value) => Values.Contains(value),
        (LabelOperator.NotIn, { } value) => !Values.Contains(value),
        (LabelOperator.Exists, { }) or (LabelOperator.NotIn or LabelOperator.DoesNotExist, null) => true,
        _ => false,
    };

    internal static LabelRequirement ReadLabel(JsonProperty label, FieldPath at, ICollection<PolicyError> errors)
    {
        if (LabelSyntax.ProblemOfKey(label.Name) is { } problem)
            errors.Add(new(at, problem));
        return new(label.Name, LabelOperator.In, [LabelSyntax.ReadValue(label.Value, at, errors)]);
    }

    internal static LabelRequirement Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var before = errors.Count;
        var requirement = new Members(value, at, errors, "key", "operator", "values");
        var read = new LabelRequirement(
            requirement.Require("key", LabelSyntax.ReadKey, ""),
            requirement.Require("operator", ValueReaders.Choice<LabelOperator>, default),
            requirement.Read("values", (list, place, mistakes) => ValueReaders.List(list, place, mistakes, LabelSyntax.ReadValue), []));
        if (errors.Count == before && read.Operator is LabelOperator.In or LabelOperator.NotIn && read.Values.IsEmpty)
            errors.Add(new(at / "values", $"is required for operator {read.Operator}"));
        if (errors.Count == before && read.Operator is LabelOperator.Exists or LabelOperator.DoesNotExist && !read.Values.IsEmpty)
            errors.Add(new(at / "values", $"must be empty for operator {read.Operator}; remove the values, or use In or NotIn"));
        return read;
    }
}

/// <summary>As Kubernetes names them.</summary>
public enum LabelOperator
{
    /// <summary>The label exists, with one of the values.</summary>
    In,

    /// <summary>The label is absent or has none of the values.</summary>
    NotIn,

    /// <summary>The label exists.</summary>
    Exists,

    /// <summary>The label is absent.</summary>
    DoesNotExist,
}
