using System.Text.Json.Nodes;

namespace AdmissionWebhook.Policy.Configuration.Schemas;

/// <summary>
/// A custom resource of the webhook. Its schema comes from the rule catalogue, so <c>kubectl explain</c> documents
/// every rule, and the API server rejects a mistyped name.
/// </summary>
public sealed class CustomResource
{
    private CustomResource(string kind, string plural, string shortName, bool isNamespaced, JsonObject schema, params IEnumerable<JsonObject> columns)
    {
        (Kind, Plural) = (kind, plural);
        Definition = new()
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = $"{plural}.{Document.Group}" },
            ["spec"] = new JsonObject
            {
                ["group"] = Document.Group,
                ["names"] = new JsonObject
                {
                    ["kind"] = kind,
                    ["listKind"] = $"{kind}List",
                    ["plural"] = plural,
                    ["singular"] = kind.ToLowerInvariant(),
                    ["shortNames"] = OpenApi.List(shortName),
                },
                ["scope"] = isNamespaced ? "Namespaced" : "Cluster",
                ["versions"] = new JsonArray(new JsonObject
                {
                    ["name"] = Document.Version,
                    ["served"] = true,
                    ["storage"] = true,
                    ["subresources"] = new JsonObject { ["status"] = new JsonObject() },
                    ["additionalPrinterColumns"] = new JsonArray([.. columns]),
                    ["schema"] = new JsonObject { ["openAPIV3Schema"] = schema },
                }),
            },
        };
    }

    /// <summary>TrafficPolicy.</summary>
    public static CustomResource Policies { get; } = new(
        PolicyDocument.SupportedKind, "trafficpolicies", "tp", isNamespaced: false,
        ObjectOf(PolicyDocument.Schema, StatusSchema.OfPolicy, "Selects the rules for objects through which traffic enters the cluster, their scope, and what happens on a violation."),
        Column("Accepted", "string", ".status.conditions[?(@.type==\"Accepted\")].status"),
        Column("Denied", "integer", ".status.findings.denied"),
        Column("Warned", "integer", ".status.findings.warned"),
        Column("Audited", "integer", ".status.findings.audited"),
        Column("Age", "date", ".metadata.creationTimestamp"));

    /// <summary>TrafficPolicyExemption.</summary>
    public static CustomResource Exemptions { get; } = new(
        ExemptionDocument.SupportedKind, "trafficpolicyexemptions", "tpe", isNamespaced: true,
        ObjectOf(ExemptionDocument.Schema, StatusSchema.OfExemption, "Exempts objects of its namespace from rules of every TrafficPolicy, with a reason and an end.").Requiring("spec"),
        Column("Rules", "string", ".spec.rules"),
        Column("Owner", "string", ".spec.owner"),
        Column("Ticket", "string", ".spec.ticket"),
        // A column of type date shows an age, and <invalid> for a time in the future.
        Column("Expires", "string", ".spec.expiresAt"),
        Column("Age", "date", ".metadata.creationTimestamp"),
        Column("Reason", "string", ".spec.reason", priority: 1));

    /// <summary>All custom resources.</summary>
    public static ImmutableArray<CustomResource> All { get; } = [Policies, Exemptions];

    /// <summary>The kind as written in a manifest.</summary>
    public string Kind { get; }

    /// <summary>The resource as written in a URL or in RBAC.</summary>
    public string Plural { get; }

    /// <summary>The path of its objects in all namespaces.</summary>
    public string CollectionPath => $"{VersionPath}/{Plural}";

    /// <summary>The CustomResourceDefinition.</summary>
    public JsonObject Definition { get; }

    /// <summary>The path of one of its objects.</summary>
    /// <param name="namespace">Its namespace; null for a cluster-scoped kind.</param>
    /// <param name="name">Its name.</param>
    public string ObjectPath(string? @namespace, string name) => @namespace is null ? $"{CollectionPath}/{name}" : $"{VersionPath}/namespaces/{@namespace}/{Plural}/{name}";

    private static string VersionPath => $"apis/{Document.SupportedApiVersion}";

    private static JsonObject ObjectOf(JsonObject spec, JsonObject status, string description) => OpenApi.Map(
        ("apiVersion", new() { ["type"] = "string" }),
        ("kind", new() { ["type"] = "string" }),
        ("metadata", new() { ["type"] = "object" }),
        ("spec", spec.As("Written by users.")),
        ("status", status.As("Written by the webhook."))).As(description);

    private static JsonObject Column(string name, string type, string path, int priority = 0)
    {
        var column = new JsonObject { ["name"] = name, ["type"] = type, ["jsonPath"] = path };
        if (priority > 0)
            column["priority"] = priority;
        return column;
    }
}
