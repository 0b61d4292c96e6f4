using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Policy.Tests.Configuration;

public sealed class CustomResourceTests
{
    /// <summary>kubectl apply keeps the whole object in an annotation, and that is all the room annotations have.</summary>
    private const int MostBytes = 256 * 1024;

    public static TheoryData<string> Plurals => [.. CustomResource.All.Select(resource => resource.Plural)];

    [Theory, MemberData(nameof(Plurals))]
    public void kubectl_can_apply_the_definition(string plural) =>
        Assert.InRange(Encoding.UTF8.GetByteCount(Find(plural).Definition.ToJsonString()), 1, MostBytes / 2);

    [Fact]
    public void The_schema_describes_every_rule_and_parameter()
    {
        var rules = SpecOf(CustomResource.Policies)["properties"]!["rules"]!["properties"]!.AsObject();

        Assert.Equal(RuleCatalog.All.Select(rule => rule.Id), rules.Select(rule => rule.Key));
        foreach (var rule in RuleCatalog.All)
        {
            Assert.StartsWith(rule.Summary, (string?)rules[rule.Id]!["description"], StringComparison.Ordinal);
            Assert.Equal(rule.Enforcements.Select(known => known.ToString()), rules[rule.Id]!["properties"]!["enforcement"]!["enum"]!.AsArray().Select(value => (string?)value));
            Assert.All(rule.Parameters, parameter => Assert.StartsWith(parameter.Summary, (string?)rules[rule.Id]!["properties"]!["parameters"]!["properties"]![parameter.Name]!["description"], StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Plurals))]
    public void The_reader_accepts_every_name_of_the_schema(string plural)
    {
        var root = JsonSerializer.SerializeToElement(new JsonObject { ["spec"] = Example(SpecOf(Find(plural))) });

        Document document = plural == CustomResource.Policies.Plural ? PolicyDocument.Read(root) : ExemptionDocument.Read(root);

        Assert.DoesNotContain(document.Unreadable, error => error.Message.StartsWith("there is no", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Plurals))]
    public void The_schema_bounds_every_value(string plural) => Assert.All(SchemasIn(SpecOf(Find(plural))), schema =>
    {
        switch ((string?)schema["type"])
        {
            case "array":
                Assert.NotNull(schema["maxItems"]);
                break;
            case "object" when schema["additionalProperties"] is not null:
                Assert.NotNull(schema["maxProperties"]);
                break;
            case "string" when schema["enum"] is null:
                Assert.NotNull(schema["maxLength"]);
                break;
        }

        Assert.Null(schema["x-kubernetes-preserve-unknown-fields"]);
        Assert.Null(schema["default"]);
    });

    private static CustomResource Find(string plural) => CustomResource.All.Single(resource => resource.Plural == plural);

    private static JsonObject SpecOf(CustomResource resource) =>
        resource.Definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!.AsObject();

    private static JsonNode Example(JsonObject schema) => (string?)schema["type"] switch
    {
        "array" => new JsonArray(Example(schema["items"]!.AsObject())),
        "object" when schema["properties"] is JsonObject properties => new JsonObject(properties.Select(property => KeyValuePair.Create<string, JsonNode?>(property.Key, Example(property.Value!.AsObject())))),
        "object" => new JsonObject { ["any"] = Example(schema["additionalProperties"]!.AsObject()) },
        "boolean" => true,
        _ => "text",
    };

    private static IEnumerable<JsonObject> SchemasIn(JsonObject schema) =>
    [
        schema,
        .. (schema["properties"] as JsonObject ?? []).SelectMany(property => SchemasIn(property.Value!.AsObject())),
        .. new[] { schema["items"], schema["additionalProperties"] }.OfType<JsonObject>().SelectMany(SchemasIn),
    ];
}
