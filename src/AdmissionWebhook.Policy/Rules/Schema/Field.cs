using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Schema;

/// <summary>
/// A value in an object as written, with its place. A value of another type than a reader expects reads as absent: the types are checked apart.
/// </summary>
/// <param name="Value">Undefined if absent.</param>
/// <param name="At">Its place, also if it is absent.</param>
internal readonly record struct Field(JsonElement Value, FieldPath At)
{
    /// <summary>Whether there is no value. As everywhere in Kubernetes, null is none.</summary>
    public bool IsAbsent => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>The text; empty if absent.</summary>
    public string Text => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : "";

    /// <summary>The whole number; zero if absent, as the API server reads it.</summary>
    public int Number => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out var number) ? number : 0;

    /// <summary>A member.</summary>
    public Field this[string name] =>
        new(Value.ValueKind == JsonValueKind.Object && Value.TryGetProperty(name, out var member) ? member : default, At / name);

    /// <summary>The members of a map.</summary>
    public IEnumerable<(string Name, Field Value)> Members
    {
        get
        {
            var at = At;
            return Value.ValueKind == JsonValueKind.Object
                ? Value.EnumerateObject().Select(member => (member.Name, new Field(member.Value, at / member.Name))) : [];
        }
    }

    /// <summary>The items of a list.</summary>
    public IReadOnlyList<Field> Items
    {
        get
        {
            var at = At;
            return Value.ValueKind == JsonValueKind.Array ? [.. Value.EnumerateArray().Select((item, index) => new Field(item, at / index))] : [];
        }
    }
}
