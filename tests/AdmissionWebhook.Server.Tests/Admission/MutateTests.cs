namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class MutateTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Patches_defaults_and_a_second_pass_adds_nothing()
    {
        var review = JsonNode.Parse(Reviews.Sample("mutated"))!;

        var response = await server.ReviewAsync("/mutate", review.ToJsonString());
        Apply(response, review["request"]!["object"]!);
        var again = await server.ReviewAsync("/mutate", review.ToJsonString());

        var spec = review["request"]!["object"]!["spec"]!;
        Assert.Equal("nginx", (string?)spec["ingressClassName"]);
        Assert.All(spec["rules"]![0]!["http"]!["paths"]!.AsArray(), path => Assert.Equal("Prefix", (string?)path!["pathType"]));
        Assert.Equal(["uid", "allowed", "auditAnnotations"], again.Select(member => member.Key));
    }

    [Fact]
    public async Task A_patched_object_passes_validation()
    {
        var review = JsonNode.Parse(Reviews.Sample("mutated"))!;

        var patched = await server.ReviewAsync("/mutate", review.ToJsonString());
        Apply(patched, review["request"]!["object"]!);
        var response = await server.ReviewAsync("/validate", review.ToJsonString());

        Assert.True((bool)response["allowed"]!);
    }

    [Fact]
    public async Task A_mutation_denies_nothing()
    {
        var response = await server.ReviewAsync("/mutate", Reviews.Sample("denied"));

        Assert.True((bool)response["allowed"]!);
        Assert.False(response.ContainsKey("patch"));
    }

    [Fact]
    public async Task A_field_of_the_wrong_type_gets_no_default()
    {
        var malformed = Reviews.GoodIngress.Replace("\"nginx\"", "17", StringComparison.Ordinal);

        var response = await server.ReviewAsync("/mutate", Reviews.Of(malformed));

        Assert.True((bool)response["allowed"]!);
        Assert.False(response.ContainsKey("patch"));
    }

    /// <summary>The <c>add</c> of RFC 6902, strict: the parent is there and the member is not.</summary>
    private static void Apply(JsonObject response, JsonNode target)
    {
        Assert.Equal("JSONPatch", (string?)response["patchType"]);
        foreach (var operation in JsonNode.Parse(Convert.FromBase64String((string)response["patch"]!))!.AsArray())
        {
            Assert.Equal("add", (string?)operation!["op"]);
            var steps = ((string)operation["path"]!).Split('/')[1..].Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToList();
            var parent = steps[..^1].Aggregate(target, (node, step) => (node is JsonArray list ? list[int.Parse(step)] : node[step])!);
            parent.AsObject().Add(steps[^1], operation["value"]!.DeepClone());
        }
    }
}
