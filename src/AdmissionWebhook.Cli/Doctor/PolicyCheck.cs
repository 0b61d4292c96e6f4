using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether all policies are in force, and failurePolicy fits them.</summary>
internal static class PolicyCheck
{
    private const string Name = "policies";

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        if (await ListAsync(installation, CustomResource.Policies) is not { } policies || await ListAsync(installation, CustomResource.Exemptions) is not { } exemptions)
        {
            yield return new(Name, Health.Unknown, "The cluster does not have the kinds of policies: see kinds");
            yield break;
        }

        if (policies.Count == 0)
            yield return new(Name, Health.Warning, "No TrafficPolicy exists, so nothing is enforced", "kubectl apply -f config/policies/observe.yaml");
        foreach (var policy in policies.Concat(exemptions))
        {
            if (Judge(policy) is { } fault)
                yield return fault;
        }

        var accepted = policies.Concat(exemptions).Count(policy => Judge(policy) is null);
        if (accepted > 0)
            yield return new(Name, Health.Ok, $"{accepted} of {policies.Count + exemptions.Count} policies and exemptions are accepted");

        var failing = (await Registration.ReadAllAsync(installation)).SelectMany(registration => registration.Entries ?? []).FirstOrDefault(entry => entry.Fails);
        if (failing is not null && !policies.Any(Denies))
            yield return new(Name, Health.Warning, $"No policy denies anything, but {failing.Name} denies requests while no replica answers", "Set webhook.ingresses.failurePolicy to Ignore until a policy denies");
    }

    /// <summary>All policies or exemptions; null if the cluster does not have the kind.</summary>
    internal static async Task<List<JsonObject>?> ListAsync(Installation installation, CustomResource resource)
    {
        try
        {
            return await installation.ListAsync($"apis/{Document.Group}/{Document.Version}/{resource.Plural}");
        }
        catch (KubernetesApi.ApiException absent) when (absent.Code == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static Diagnosis? Judge(JsonObject policy)
    {
        var name = $"{policy["kind"]} {(policy["metadata"]?["namespace"] is { } @namespace ? $"{@namespace}/" : "")}{policy["metadata"]?["name"]}";
        var condition = (policy["status"]?["conditions"] as JsonArray ?? []).FirstOrDefault(each => (string?)each?["type"] == "Accepted");
        if (condition is null || (long?)condition["observedGeneration"] != (long?)policy["metadata"]?["generation"])
            return new(Name, Health.Warning, $"No replica has written the status of {name}", "The leader writes it within seconds; if it does not, its log has the reason");
        return (string?)condition["status"] == "True" || (string?)condition["reason"] == "Expired"
            ? null
            : new(Name, Health.Wrong, $"{name} is not accepted: {((string?)condition["message"] ?? "").ReplaceLineEndings(" ")}", "Fix the errors in the message; next time, run admission-webhook check --policy FILE FILE first");
    }

    /// <summary>The rules of a policy with their enforcement.</summary>
    internal static IEnumerable<(Rule Rule, string Enforcement)> RulesOf(JsonObject policy)
    {
        foreach (var (id, settings) in policy["spec"]?["rules"] as JsonObject ?? [])
        {
            if (RuleCatalog.Find(id) is { } rule)
                yield return (rule, (string?)settings?["enforcement"] ?? rule.ByDefault.ToString());
        }
    }

    private static bool Denies(JsonObject policy) => RulesOf(policy).Any(named => named.Enforcement == nameof(Enforcement.Deny));
}
