using System.Text.Json.Nodes;

namespace AdmissionWebhook.Policy.Configuration.Schemas;

/// <summary>
/// Parts of a structural OpenAPI v3 schema. Everything is bounded: the API server rejects a definition whose CEL rules might
/// cost too much for the largest possible value.
/// </summary>
internal static class OpenApi
{
    private const int MostEntries = 1000;
    private const int LongestText = 512;

    public static JsonObject Flag => new() { ["type"] = "boolean" };

    public static JsonObject Count => new() { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0 };

    public static JsonObject Number => new() { ["type"] = "integer", ["format"] = "int32", ["minimum"] = 0 };

    public static JsonObject NumberUpTo(int most) => new() { ["type"] = "integer", ["format"] = "int32", ["minimum"] = 0, ["maximum"] = most };

    public static JsonObject Instant => new() { ["type"] = "string", ["format"] = "date-time", ["pattern"] = $"^{ValueReaders.InstantForm}$", ["maxLength"] = 64 };

    public static JsonObject Duration => Form(ValueReaders.DurationForm, 64);

    public static JsonObject Text(int longest = LongestText) => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = longest };

    /// <summary>A string with a pattern.</summary>
    public static JsonObject Form(string form, int longest) => new() { ["type"] = "string", ["pattern"] = $"^{form}$", ["maxLength"] = longest };

    public static JsonObject Choice(params IEnumerable<string> values) => new() { ["type"] = "string", ["enum"] = List(values) };

    public static JsonObject ListOf(JsonObject item, int most = MostEntries) => new() { ["type"] = "array", ["items"] = item, ["maxItems"] = most };

    public static JsonObject TextList => ListOf(Text());

    public static JsonObject MapOf(JsonObject value, int most = MostEntries) => new() { ["type"] = "object", ["additionalProperties"] = value, ["maxProperties"] = most };

    public static JsonObject Map(params IEnumerable<(string Name, JsonObject Schema)> properties) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(properties.Select(property => KeyValuePair.Create<string, JsonNode?>(property.Name, property.Schema))),
    };

    public static JsonArray List(params IEnumerable<string> values) => [.. values.Select(value => JsonValue.Create(value))];

    /// <summary>Adds a description; <c>kubectl explain</c> shows it.</summary>
    public static JsonObject As(this JsonObject schema, string description)
    {
        schema.Insert(0, "description", description);
        return schema;
    }

    /// <summary>Names the required properties.</summary>
    public static JsonObject Requiring(this JsonObject schema, params IEnumerable<string> names)
    {
        schema["required"] = List(names);
        return schema;
    }

    /// <summary>Makes the API server reject values that do not satisfy a CEL expression.</summary>
    public static JsonObject Where(this JsonObject schema, string rule, string message)
    {
        JsonNode validation = new JsonObject { ["rule"] = rule, ["message"] = message };
        if (schema["x-kubernetes-validations"] is JsonArray others)
            others.Add(validation);
        else
            schema["x-kubernetes-validations"] = new JsonArray(validation);
        return schema;
    }
}
