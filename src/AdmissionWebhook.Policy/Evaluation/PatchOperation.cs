using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>A JSON patch (RFC 6902) <c>add</c>: defaults are only ever added.</summary>
/// <param name="Field">The absent field; its parent must be there.</param>
/// <param name="Value">A text, a whole number, a truth value, or an empty map that further operations fill.</param>
public sealed record PatchOperation(FieldPath Field, JsonNode Value)
{
    /// <summary>Puts the value into <paramref name="root"/>, the object that the patch was computed for.</summary>
    /// <exception cref="InvalidOperationException">The field's parent is missing.</exception>
    public void ApplyTo(JsonNode root)
    {
        var steps = Field.Steps;
        var parent = steps.Take(steps.Count - 1).Aggregate(root, (node, step) => step.Name is not { } name ? ItemAt(node, step.Index)
            : node[name] ?? throw new InvalidOperationException($"There is no {step} to add {Field} to."));
        parent[Field.Name!] = Value.DeepClone();
    }

    /// <summary>A null in a list of objects is an object without fields, as the API server stores it.</summary>
    private static JsonNode ItemAt(JsonNode list, int index) => list[index] ?? (list[index] = new JsonObject());
}
