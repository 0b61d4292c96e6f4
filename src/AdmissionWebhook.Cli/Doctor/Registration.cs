using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>A ValidatingWebhookConfiguration or MutatingWebhookConfiguration.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Entries">What it registers; null where there is no such object.</param>
internal sealed record Registration(string Kind, IReadOnlyList<RegisteredEntry>? Entries)
{
    private static readonly string[] Kinds = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];

    public static async Task<IReadOnlyList<Registration>> ReadAllAsync(Installation installation)
    {
        var all = new List<Registration>();
        foreach (var kind in Kinds)
        {
            var found = await installation.GetAsync($"apis/admissionregistration.k8s.io/v1/{kind.ToLowerInvariant()}s/{Installation.Name}");
            all.Add(new(kind, found is null ? null : [.. (found["webhooks"] as JsonArray ?? []).Select(entry => new RegisteredEntry(entry!.AsObject()))]));
        }

        return all;
    }
}

/// <summary>One webhook of a registration.</summary>
internal sealed record RegisteredEntry(JsonObject Json)
{
    public string Name => (string?)Json["name"] ?? "";

    public bool Fails => (string?)Json["failurePolicy"] != "Ignore";

    public int TimeoutSeconds => (int?)Json["timeoutSeconds"] ?? 10;

    public bool AllowsDryRuns => (string?)Json["sideEffects"] is "None" or "NoneOnDryRun";

    public bool MatchesOtherVersions => (string?)Json["matchPolicy"] != "Exact";

    /// <summary>Where the API server calls: <c>namespace/service</c>, or a URL.</summary>
    public string Target => (string?)Json["clientConfig"]?["url"] ?? $"{Json["clientConfig"]?["service"]?["namespace"]}/{Json["clientConfig"]?["service"]?["name"]}";

    public bool HasBundle => !string.IsNullOrEmpty((string?)Json["clientConfig"]?["caBundle"]);

    /// <summary>Whom API servers trust; null where that is no text of certificates.</summary>
    public X509Certificate2Collection? Bundle
    {
        get
        {
            try
            {
                var trusted = new X509Certificate2Collection();
                trusted.ImportFromPem(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string?)Json["clientConfig"]?["caBundle"] ?? "")));
                return trusted.Count == 0 ? null : trusted;
            }
            catch (Exception unreadable) when (unreadable is CryptographicException or FormatException)
            {
                return null;
            }
        }
    }

    /// <summary>Whether it is asked about these resources, in this operation.</summary>
    public bool Judges(string resource, string operation) => ListOf("rules").Any(rule =>
        TextsOf(rule, "resources").Any(each => each == resource || each == "*") && TextsOf(rule, "operations").Any(each => each == operation || each == "*"));

    /// <summary>Whether it is asked about what fits a condition of this name, and about nothing else.</summary>
    public bool HasCondition(string name) => ListOf("matchConditions").Any(condition => (string?)condition["name"] == name);

    /// <summary>Whether requests in a namespace never reach it, by the selector that names namespaces.</summary>
    public bool Excludes(string space) => (Json["namespaceSelector"]?["matchExpressions"] as JsonArray ?? []).Any(expression =>
        (string?)expression!["key"] == "kubernetes.io/metadata.name" && (string?)expression["operator"] == "NotIn" && TextsOf(expression, "values").Contains(space));

    private IEnumerable<JsonNode> ListOf(string member) => (Json[member] as JsonArray ?? []).OfType<JsonNode>();

    private static IEnumerable<string?> TextsOf(JsonNode of, string member) => (of[member] as JsonArray ?? []).Select(text => (string?)text);
}
