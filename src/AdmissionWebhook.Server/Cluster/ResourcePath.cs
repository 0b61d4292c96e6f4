using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>Where an API server keeps objects.</summary>
internal static class ResourcePath
{
    /// <summary>All objects of a kind, in every namespace.</summary>
    public static string Of(ResourceKind kind) => $"{Group(kind)}/{kind.Plural}";

    /// <summary>One object.</summary>
    public static string Of(ObjectReference reference) => reference.Namespace is { } space
        ? $"{Group(reference.Kind)}/namespaces/{Uri.EscapeDataString(space)}/{reference.Kind.Plural}/{Uri.EscapeDataString(reference.Name)}"
        : $"{Group(reference.Kind)}/{reference.Kind.Plural}/{Uri.EscapeDataString(reference.Name)}";

    private static string Group(ResourceKind kind) => (kind.ApiVersion.Contains('/', StringComparison.Ordinal) ? "apis/" : "api/") + kind.ApiVersion;
}
