using System.Text.Json.Nodes;

namespace AdmissionWebhook.Policy.Configuration.Schemas;

/// <summary>The status that the webhook writes for a document.</summary>
public static class StatusSchema
{
    /// <summary>The maximum length of the message of a condition.</summary>
    public const int LongestMessage = 32768;

    /// <summary>The maximum length of the JSON of an accepted spec, so that it fits into a policy beside its own spec.</summary>
    public const int LongestSpec = 256 * 1024;

    internal static JsonObject OfPolicy => OpenApi.Map(
        ("conditions", Conditions),
        ("observedGeneration", Generation),
        ("findings", OpenApi.Map(
            ("denied", OpenApi.Count.As("Objects with a violation that would be denied.")),
            ("warned", OpenApi.Count.As("Objects with a violation that would cause a warning.")),
            ("audited", OpenApi.Count.As("Objects with a violation that would only be recorded.")),
            ("exempted", OpenApi.Count.As("Objects with a violation that is exempt.")),
            ("unchecked", OpenApi.Count.As("Objects with a rule that could not be checked.")))
            .As("Violations among existing objects.")),
        ("rules", OpenApi.MapOf(OpenApi.Count).As("How many objects violate each rule, by its id.")),
        ("acceptedSpec", OpenApi.Text(LongestSpec).As("The active spec as JSON. It stays active while a later spec has errors, also after a restart.")),
        ("acceptedGeneration", OpenApi.Count.As("The metadata.generation of acceptedSpec.")));

    internal static JsonObject OfExemption => OpenApi.Map(("conditions", Conditions), ("observedGeneration", Generation));

    private static JsonObject Generation => OpenApi.Count.As("The metadata.generation that the status describes.");

    /// <summary>As metav1.Condition.</summary>
    private static JsonObject Conditions
    {
        get
        {
            var list = OpenApi.ListOf(Condition, 16).As("Accepted: whether it is active, and if not, each error with its place.");
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
