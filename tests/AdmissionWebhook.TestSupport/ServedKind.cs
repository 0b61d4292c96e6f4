using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.TestSupport;

/// <summary>A kind that the fake API server has.</summary>
internal sealed record ServedKind(string ApiVersion, string Name, string Plural, bool IsNamespaced)
{
    public static IReadOnlyList<ServedKind> All { get; } =
    [
        .. ResourceKind.All.Select(Of),
        .. CustomResource.All.Select(resource => new ServedKind(Document.SupportedApiVersion, resource.Kind, resource.Plural, resource != CustomResource.Policies)),
        new("coordination.k8s.io/v1", "Lease", "leases", true),
        new("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false),
        new("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
        new("v1", "Pod", "pods", true),
        new("apps/v1", "Deployment", "deployments", true),
        new("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true),
        new("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
        new("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ];

    /// <summary>Where it lists the objects of every namespace.</summary>
    public string Collection => $"{VersionPath}{Plural}";

    private string VersionPath { get; } = $"{(ApiVersion.Contains('/', StringComparison.Ordinal) ? "/apis/" : "/api/")}{ApiVersion}/";

    public static ServedKind Of(ResourceKind kind) => new(kind.ApiVersion, kind.Name, kind.Plural, kind.IsNamespaced);

    public string PathOf(string? @namespace, string name) => IsNamespaced ? $"{VersionPath}namespaces/{@namespace}/{Plural}/{name}" : $"{Collection}/{name}";

    /// <summary>Whether it lists objects at that path, of one namespace or of all.</summary>
    public bool Lists(string path) => path == Collection || (IsNamespaced && path.StartsWith($"{VersionPath}namespaces/", StringComparison.Ordinal) && path.Split('/') is [.., "namespaces", _, var plural] && plural == Plural);

    /// <summary>Whether an object is at that path.</summary>
    public bool Has(string path) => path.StartsWith(VersionPath, StringComparison.Ordinal) && path.AsSpan(0, path.LastIndexOf('/')).EndsWith("/" + Plural, StringComparison.Ordinal);
}
