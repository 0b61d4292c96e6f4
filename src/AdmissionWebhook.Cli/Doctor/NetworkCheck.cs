using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether pods that are no API server can call the webhook.</summary>
internal static class NetworkCheck
{
    private const string Name = "network";

    /// <summary>Settings that make callers authenticate; README.md has them.</summary>
    private static readonly string[] Authentication =
        ["ADMISSIONWEBHOOK__Webhook__ClientCertificateAuthority", "ADMISSIONWEBHOOK__Webhook__CallerTokens__Jwks"];

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        var policy = await installation.GetOwnAsync("apis/networking.k8s.io/v1", "networkpolicies");
        if (policy is not null && !IsOpen(policy))
        {
            yield return new(Name, Health.Ok, "The NetworkPolicy names who may call the webhook");
            yield break;
        }

        if (await AuthenticatesCallersAsync(installation))
        {
            yield return new(Name, Health.Ok, "Callers of the webhook must authenticate");
            yield break;
        }

        yield return new(
            Name,
            Health.Warning,
            policy is null ? "There is no NetworkPolicy: every pod may call the webhook" : "The NetworkPolicy lets every pod call the webhook",
            await AddressesAsync(installation) is { Count: > 0 } addresses
                ? "API servers listen at these addresses; if they call from them too, set "
                    + $"networkPolicy.webhookFrom to [{string.Join(", ", addresses.Select(IpBlock))}]. docs/callers.md tells of other clusters"
                : "Set networkPolicy.webhookFrom to the addresses of the control plane; docs/callers.md tells how to find them");
    }

    /// <summary>A rule that names no port, or the webhook's, and no peer.</summary>
    private static bool IsOpen(JsonObject policy) => (policy["spec"]?["ingress"] as JsonArray ?? []).Any(rule =>
        rule!["from"] is not JsonArray { Count: > 0 }
        && (rule["ports"] is not JsonArray { Count: > 0 } ports || ports.Any(port => port!["port"]?.ToString() is null or "https" or "8443")));

    private static async Task<bool> AuthenticatesCallersAsync(Installation installation) =>
        ((await installation.GetOwnAsync("apis/apps/v1", "deployments"))?["spec"]?["template"]?["spec"]?["containers"] as JsonArray ?? [])
            .SelectMany(container => container!["env"] as JsonArray ?? []).Any(variable => Authentication.Contains((string?)variable!["name"]));

    /// <summary>API servers keep the slice of their own Service, in which each of them stands.</summary>
    private static async Task<List<string>> AddressesAsync(Installation installation)
    {
        var slice = await installation.GetAsync("apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes");
        var addresses = (slice?["endpoints"] as JsonArray ?? []).SelectMany(endpoint => endpoint!["addresses"] as JsonArray ?? []);
        return [.. addresses.Select(address => (string?)address).OfType<string>().Order(StringComparer.Ordinal)];
    }

    private static string IpBlock(string address) => $"{{ipBlock: {{cidr: {address}/{(address.Contains(':', StringComparison.Ordinal) ? 128 : 32)}}}}}";
}
