using System.Text.Json.Nodes;

namespace AdmissionWebhook.Policy.Configuration.Schemas;

/// <summary>What the webhook tells of a document in its status subresource.</summary>
public static class StatusSchema
{
    /// <summary>How long the message of a condition is at most.</summary>
    public const int LongestMessage = 32768;

    /// <summary>How long the JSON of an accepted spec is at most, so that a policy has room for it beside its own spec.</summary>
    public const int LongestSpec = 256 * 1024;

    internal static JsonObject OfPolicy => OpenApi.Map(
        ("conditions", Conditions),
        ("observedGeneration", Generation),
        ("findings", OpenApi.Map(
            ("denied", OpenApi.Count.As("Objects with a violation that would be refused.")),
            ("warned", OpenApi.Count.As("Objects with a violation that would be warned of.")),
            ("audited", OpenApi.Count.As("Objects with a violation that would only be recorded.")),
            ("exempted", OpenApi.Count.As("Objects with a violation that is exempt.")),
            ("unchecked", OpenApi.Count.As("Objects with something that could not be checked.")))
            .As("What it finds among the objects that exist.")),
        ("rules", OpenApi.MapOf(OpenApi.Count).As("How many objects violate each rule, by its id.")),
        ("acceptedSpec", OpenApi.Text(LongestSpec).As("The spec in force as JSON. While a later one has mistakes it stays in force, over a restart too.")),
        ("acceptedGeneration", OpenApi.Count.As("The metadata.generation of acceptedSpec.")));

    internal static JsonObject OfExemption => OpenApi.Map(("conditions", Conditions), ("observedGeneration", Generation));

    private static JsonObject Generation => OpenApi.Count.As("The metadata.generation that the status tells of.");

    /// <summary>As metav1.Condition.</summary>
    private static JsonObject Conditions
    {
        get
        {
            var list = OpenApi.ListOf(Condition, 16).As("Accepted: whether it is in force, and if not, each mistake with its place.");
            list["x-kubernetes-list-type"] = "map";
            list["x-kubernetes-list-map-keys"] = OpenApi.List("type");
            return list;
        }
    }

    private static JsonObject Condition => OpenApi.Map(
            ("type", OpenApi.Text(316)),
            ("status", OpenApi.Choice("True", "False", "Unknown")),
            ("observedGeneration", OpenApi.Count),
            ("lastTransitionTime", new() { ["type"] = "string", ["format"] = "date-time" }),
            ("reason", OpenApi.Form("[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?", 1024)),
            ("message", new() { ["type"] = "string", ["maxLength"] = LongestMessage }))
        .Requiring("type", "status", "lastTransitionTime", "reason", "message");
}
