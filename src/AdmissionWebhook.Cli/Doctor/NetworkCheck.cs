using k8s;
using k8s.Models;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether pods other than API servers can call the webhook.</summary>
internal static class NetworkCheck
{
    private const string Name = "network";

    /// <summary>The settings that require callers to authenticate; see docs/callers.md.</summary>
    private static readonly string[] Authentication =
        ["ADMISSIONWEBHOOK__Webhook__ClientCertificateAuthority", "ADMISSIONWEBHOOK__Webhook__CallerTokens__Jwks"];

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        var policy = await installation.FindAsync(
            (api, cancellation) => api.NetworkingV1.ReadNamespacedNetworkPolicyAsync(Installation.Name, installation.Namespace, cancellationToken: cancellation));
        if (policy is not null && !IsOpen(policy))
        {
            yield return new(Name, Health.Ok, "The NetworkPolicy restricts who may call the webhook");
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
            policy is null ? "The webhook has no NetworkPolicy: every pod may call it" : "The NetworkPolicy allows every pod to call the webhook",
            await AddressesAsync(installation) is { Count: > 0 } addresses
                ? "API servers listen on these addresses; if they call from them too, set "
                    + $"networkPolicy.webhookFrom to [{string.Join(", ", addresses.Select(IpBlock))}]. docs/callers.md explains other clusters"
                : "Set networkPolicy.webhookFrom to the addresses of the control plane; docs/callers.md explains how to find them");
    }

    /// <summary>Whether a rule without peers covers all ports or the webhook's port.</summary>
    private static bool IsOpen(V1NetworkPolicy policy) => (policy.Spec?.Ingress ?? []).Any(rule =>
        rule.FromProperty is not { Count: > 0 } && (rule.Ports is not { Count: > 0 } ports || ports.Any(port => port.Port?.Value is null or "https" or "8443")));

    private static async Task<bool> AuthenticatesCallersAsync(Installation installation) =>
        ((await installation.FindDeploymentAsync())?.Spec.Template.Spec.Containers ?? [])
            .SelectMany(container => container.Env ?? []).Any(variable => Authentication.Contains(variable.Name));

    /// <summary>The addresses of the API servers, from the EndpointSlice of their own Service.</summary>
    private static async Task<List<string>> AddressesAsync(Installation installation)
    {
        var slice = await installation.FindAsync((api, cancellation) => api.DiscoveryV1.ReadNamespacedEndpointSliceAsync("kubernetes", "default", cancellationToken: cancellation));
        return [.. (slice?.Endpoints ?? []).SelectMany(endpoint => endpoint.Addresses).Order(StringComparer.Ordinal)];
    }

    private static string IpBlock(string address) => $"{{ipBlock: {{cidr: {address}/{(address.Contains(':', StringComparison.Ordinal) ? 128 : 32)}}}}}";
}
