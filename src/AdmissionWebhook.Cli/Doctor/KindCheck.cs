using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether policies and exemptions are kinds of the cluster, and know the rules of this version. Helm installs them once and never again.</summary>
internal static class KindCheck
{
    private const string Name = "kinds";
    private const string Remedy = "admission-webhook crds | kubectl apply --server-side --force-conflicts -f -";

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        foreach (var resource in CustomResource.All)
        {
            var definition = await installation.GetAsync($"apis/apiextensions.k8s.io/v1/customresourcedefinitions/{resource.Plural}.{Document.Group}");
            yield return definition is null ? new(Name, Health.Wrong, $"{resource.Kind} is no kind of this cluster, so the replicas do not become ready", Remedy)
                : UnknownRules(resource, definition) is { Count: > 0 } unknown ? new(Name, Health.Warning, $"{resource.Kind} is of another version: it does not know {string.Join(", ", unknown)}", Remedy)
                : new(Name, Health.Ok, $"{resource.Kind} is a kind of this cluster");
        }
    }

    private static List<string> UnknownRules(CustomResource resource, JsonObject definition)
    {
        if (resource != CustomResource.Policies)
            return [];

        var version = (definition["spec"]?["versions"] as JsonArray)?.FirstOrDefault(version => (string?)version?["name"] == Document.Version);
        var known = version?["schema"]?["openAPIV3Schema"]?["properties"]?["spec"]?["properties"]?["rules"]?["properties"] as JsonObject ?? [];
        return [.. RuleCatalog.All.Select(rule => rule.Id).Where(id => !known.ContainsKey(id))];
    }
}
