using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>A ValidatingWebhookConfiguration or MutatingWebhookConfiguration, with whom API servers trust when they call what it registers.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Name">Its name.</param>
/// <param name="ResourceVersion">The version that was read.</param>
/// <param name="Bundles">The caBundle of each webhook, by name; empty where it has none.</param>
internal sealed record WebhookConfiguration(string Kind, string Name, string ResourceVersion, ImmutableArray<(string Webhook, string Bundle)> Bundles)
{
    public static ImmutableArray<string> Kinds { get; } = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];

    /// <summary>Where the objects of a kind are.</summary>
    public static string CollectionOf(string kind) => $"apis/admissionregistration.k8s.io/v1/{kind.ToLowerInvariant()}s";

    public static WebhookConfiguration Read(string kind, ReadOnlySpan<byte> json)
    {
        var root = JsonNode.Parse(json, documentOptions: ObjectReader.DocumentOptions)!;
        return new(
            kind,
            (string)root["metadata"]!["name"]!,
            (string)root["metadata"]!["resourceVersion"]!,
            [.. (root["webhooks"] as JsonArray ?? []).Select(webhook => ((string)webhook!["name"]!, Decode((string?)webhook["clientConfig"]?["caBundle"])))]);
    }

    /// <summary>Everybody whom any of its webhooks trusts.</summary>
    public IEnumerable<X509Certificate2> Trusted => Bundles.Select(webhook => webhook.Bundle).Distinct().SelectMany(bundle => CertificateSecret.ReadAll(bundle));

    /// <summary>Whether all of its webhooks trust an authority.</summary>
    public bool Trusts(X509Certificate2 authority) => Bundles.All(webhook => webhook.Bundle.Contains(authority.ExportCertificatePem(), StringComparison.Ordinal));

    public bool Has(string bundle) => Bundles.All(webhook => webhook.Bundle == bundle);

    /// <summary>
    /// For a server-side apply, of this version alone: whoever has read the Secret before somebody else wrote a newer bundle must not put the older one back.
    /// </summary>
    public byte[] Apply(string bundle) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["apiVersion"] = "admissionregistration.k8s.io/v1",
        ["kind"] = Kind,
        ["metadata"] = new JsonObject { ["name"] = Name, ["resourceVersion"] = ResourceVersion },
        ["webhooks"] = new JsonArray([.. Bundles.Select(webhook => new JsonObject
        {
            ["name"] = webhook.Webhook,
            ["clientConfig"] = new JsonObject { ["caBundle"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(bundle)) },
        })]),
    }.ToJsonString());

    private static string Decode(string? base64)
    {
        var bytes = new byte[base64?.Length ?? 0];
        return Convert.TryFromBase64String(base64 ?? "", bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
    }
}
