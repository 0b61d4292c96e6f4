using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>
/// Whether the cluster has the kinds of policies and exemptions, with the rules of this version. Helm installs them once and never updates them.
/// </summary>
internal static class KindCheck
{
    private const string Name = "kinds";
    private const string Remedy = "admission-webhook crds | kubectl apply --server-side --force-conflicts -f -";

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        foreach (var resource in CustomResource.All)
        {
            var definition = await installation.FindAsync(
                (api, cancellation) => api.ApiextensionsV1.ReadCustomResourceDefinitionAsync($"{resource.Plural}.{Document.Group}", cancellationToken: cancellation));
            yield return definition is null ? new(Name, Health.Wrong, $"The cluster does not have the kind {resource.Kind}, so the replicas do not become ready", Remedy)
                : UnknownRules(resource, definition) is { Count: > 0 } unknown ? new(Name, Health.Warning, $"The CustomResourceDefinition of {resource.Kind} is from another version; it does not know {string.Join(", ", unknown)}", Remedy)
                : new(Name, Health.Ok, $"The cluster has the kind {resource.Kind}");
        }
    }

    private static List<string> UnknownRules(CustomResource resource, V1CustomResourceDefinition definition)
    {
        if (resource != CustomResource.Policies)
            return [];

        var schema = definition.Spec.Versions.FirstOrDefault(version => version.Name == Document.Version)?.Schema?.OpenAPIV3Schema;
        var known = schema?.Properties?["spec"].Properties?["rules"].Properties ?? new Dictionary<string, V1JSONSchemaProps>();
        return [.. RuleCatalog.All.Select(rule => rule.Id).Where(id => !known.ContainsKey(id))];
    }
}
