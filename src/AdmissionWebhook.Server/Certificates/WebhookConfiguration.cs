using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>A ValidatingWebhookConfiguration or MutatingWebhookConfiguration, with the authorities that API servers trust for its webhooks.</summary>
/// <param name="Kind">One of the two kinds.</param>
/// <param name="Name">Its name.</param>
/// <param name="ResourceVersion">The version that was read.</param>
/// <param name="Bundles">The caBundle of each webhook, by name; empty if it has none.</param>
internal sealed record WebhookConfiguration(string Kind, string Name, string ResourceVersion, ImmutableArray<(string Webhook, string Bundle)> Bundles)
{
    public static ImmutableArray<string> Kinds { get; } = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];

    /// <summary>The API path of the objects of a kind.</summary>
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

    /// <summary>All authorities that any of its webhooks trusts.</summary>
    public IEnumerable<X509Certificate2> Trusted => Bundles.Select(webhook => webhook.Bundle).Distinct().SelectMany(bundle => CertificateSecret.ReadAll(bundle));

    /// <summary>Whether all of its webhooks trust an authority.</summary>
    public bool Trusts(X509Certificate2 authority) => Bundles.All(webhook => webhook.Bundle.Contains(authority.ExportCertificatePem(), StringComparison.Ordinal));

    public bool Has(string bundle) => Bundles.All(webhook => webhook.Bundle == bundle);

    /// <summary>
    /// The body of a server-side apply, for this version only: a replica that read an older Secret must not overwrite the newer bundle of another.
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
