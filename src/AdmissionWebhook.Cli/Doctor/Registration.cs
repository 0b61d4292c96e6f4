using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>A ValidatingWebhookConfiguration or MutatingWebhookConfiguration.</summary>
/// <param name="Kind">One of the two kinds.</param>
/// <param name="Entries">Its webhooks; null if the object does not exist.</param>
internal sealed record Registration(string Kind, IReadOnlyList<RegisteredEntry>? Entries)
{
    public static async Task<IReadOnlyList<Registration>> ReadAllAsync(Installation installation)
    {
        var validating = await installation.FindAsync(
            (api, cancellation) => api.AdmissionregistrationV1.ReadValidatingWebhookConfigurationAsync(Installation.Name, cancellationToken: cancellation));
        var mutating = await installation.FindAsync(
            (api, cancellation) => api.AdmissionregistrationV1.ReadMutatingWebhookConfigurationAsync(Installation.Name, cancellationToken: cancellation));
        return
        [
            new(V1ValidatingWebhookConfiguration.KubeKind, validating is null ? null : [.. (validating.Webhooks ?? []).Select(RegisteredEntry.Of)]),
            new(V1MutatingWebhookConfiguration.KubeKind, mutating is null ? null : [.. (mutating.Webhooks ?? []).Select(RegisteredEntry.Of)]),
        ];
    }
}

/// <summary>One webhook of a registration of either kind.</summary>
internal sealed record RegisteredEntry
{
    public required string Name { get; init; }

    public required bool Fails { get; init; }

    public required int TimeoutSeconds { get; init; }

    public required bool AllowsDryRuns { get; init; }

    public required bool MatchesOtherVersions { get; init; }

    private Admissionregistrationv1WebhookClientConfig Client { get; init; } = new();

    private IEnumerable<V1RuleWithOperations> Rules { get; init; } = [];

    private IEnumerable<V1MatchCondition> Conditions { get; init; } = [];

    private V1LabelSelector? Namespaces { get; init; }

    /// <summary>The target of the API server's calls: <c>namespace/service</c>, or a URL.</summary>
    public string Target => Client.Url ?? $"{Client.Service?.NamespaceProperty}/{Client.Service?.Name}";

    public bool HasBundle => Client.CaBundle is { Length: > 0 };

    public static RegisteredEntry Of(V1ValidatingWebhook entry) => Of(entry.Name, entry.FailurePolicy, entry.TimeoutSeconds, entry.SideEffects, entry.MatchPolicy) with
    {
        Client = entry.ClientConfig,
        Rules = entry.Rules ?? [],
        Conditions = entry.MatchConditions ?? [],
        Namespaces = entry.NamespaceSelector,
    };

    public static RegisteredEntry Of(V1MutatingWebhook entry) => Of(entry.Name, entry.FailurePolicy, entry.TimeoutSeconds, entry.SideEffects, entry.MatchPolicy) with
    {
        Client = entry.ClientConfig,
        Rules = entry.Rules ?? [],
        Conditions = entry.MatchConditions ?? [],
        Namespaces = entry.NamespaceSelector,
    };

    /// <summary>The authorities that API servers trust; null if the caBundle is invalid.</summary>
    public X509Certificate2Collection? Bundle
    {
        get
        {
            try
            {
                var trusted = new X509Certificate2Collection();
                trusted.ImportFromPem(System.Text.Encoding.UTF8.GetString(Client.CaBundle ?? []));
                return trusted.Count == 0 ? null : trusted;
            }
            catch (CryptographicException)
            {
                return null;
            }
        }
    }

    /// <summary>Whether it covers these resources in this operation.</summary>
    public bool Judges(string resource, string operation) => Rules.Any(rule => rule.Resources.Any(each => each == resource || each == "*") && rule.Operations.Any(each => each == operation || each == "*"));

    /// <summary>Whether it has a match condition of this name.</summary>
    public bool HasCondition(string name) => Conditions.Any(condition => condition.Name == name);

    /// <summary>Whether its namespaceSelector excludes a namespace.</summary>
    public bool Excludes(string @namespace) => (Namespaces?.MatchExpressions ?? []).Any(expression =>
        expression is { Key: "kubernetes.io/metadata.name", OperatorProperty: "NotIn" } && expression.Values.Contains(@namespace));

    /// <summary>Reads an entry and applies the defaults of the API server.</summary>
    private static RegisteredEntry Of(string name, string? failurePolicy, int? timeoutSeconds, string? sideEffects, string? matchPolicy) => new()
    {
        Name = name,
        Fails = failurePolicy != "Ignore",
        TimeoutSeconds = timeoutSeconds ?? 10,
        AllowsDryRuns = sideEffects is "None" or "NoneOnDryRun",
        MatchesOtherVersions = matchPolicy != "Exact",
    };
}
