using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>
/// Finds objects that nobody would check although their author means one of the checked kinds: a kind in lower case, or in the API group of another
/// kind. Kinds of
/// other groups can have the same name, such as the Service of Knative.
/// </summary>
internal static class NearMiss
{
    private const int MostSlips = 2;

    /// <summary>What only the spec of one kind has, and no spec of another common kind.</summary>
    private static readonly ImmutableArray<(ResourceKind Kind, ImmutableArray<string> Fields)> Specs =
    [
        (ResourceKind.Ingress, ["ingressClassName", "defaultBackend", "rules", "tls"]),
        (ResourceKind.Service, ["ports", "clusterIP", "externalName", "externalIPs", "sessionAffinity", "loadBalancerIP"]),
        (ResourceKind.IngressClass, ["controller"]),
    ];

    /// <summary>What the specs of other kinds have beside such fields: routes, pods, network policies, listeners.</summary>
    private static readonly ImmutableArray<string> OtherFields = ["parentRefs", "containers", "template", "podSelector", "addressType", "listeners"];

    /// <summary>Why an object with a version and a kind is an error, and in which field; null if its author means something else.</summary>
    public static (string Field, string Message)? Find(string apiVersion, string kind)
    {
        if (ResourceKind.Find(apiVersion, kind) is not null || !IsOfKubernetes(apiVersion) || Nearest(kind) is not { } meant)
            return null;

        return kind != meant.Name
            ? ("kind", $"kind \"{kind}\" does not exist; did you mean {meant.Name}?")
            : ("apiVersion", $"kind {kind} does not exist in apiVersion \"{apiVersion}\"; did you mean {meant.ApiVersion}?");
    }

    /// <summary>
    /// What a map without a version or without a kind lacks to be an object of a checked kind; null if its author means something else.
    /// </summary>
    /// <param name="apiVersion">As written; empty if absent.</param>
    /// <param name="kind">As written; empty if absent.</param>
    /// <param name="members">The map.</param>
    /// <param name="resolver">Reads the members of its parts.</param>
    /// <param name="depth">How deep its parts may nest.</param>
    public static string? FindMissing(string apiVersion, string kind, Dictionary<string, (YamlNode Key, YamlNode Value)> members, YamlMembers resolver, int depth)
    {
        if (kind.Length > 0)
        {
            return apiVersion.Length == 0 && (members.ContainsKey("metadata") || members.ContainsKey("spec")) && Nearest(kind) is { } meant
                ? $"apiVersion is required; did you mean apiVersion: {meant.ApiVersion}?" : null;
        }

        if (MeantBy(members, resolver, depth) is not { } spec)
            return null;
        if (apiVersion.Length > 0)
            return IsOfKubernetes(apiVersion) ? $"kind is required; did you mean kind: {spec.Name}?" : null;
        return members.ContainsKey("metadata")
            ? $"apiVersion and kind are required; did you mean apiVersion: {spec.ApiVersion} and kind: {spec.Name}?" : null;
    }

    private static ResourceKind? Nearest(string kind)
    {
        var judged = ResourceKind.All.Where(known => known.IsJudged);
        return judged.FirstOrDefault(known => known.Name == kind)
            ?? (Spelling.Nearest(kind, judged.Select(known => known.Name), MostSlips) is { } name ? judged.First(known => known.Name == name) : null);
    }

    private static ResourceKind? MeantBy(Dictionary<string, (YamlNode Key, YamlNode Value)> members, YamlMembers resolver, int depth)
    {
        if (!members.TryGetValue("spec", out var spec) || spec.Value is not YamlMap map)
            return null;

        var fields = resolver.Of(map, depth - 1);
        return OtherFields.Any(fields.ContainsKey) ? null : Specs.FirstOrDefault(known => known.Fields.Any(fields.ContainsKey)).Kind;
    }

    /// <summary>Whether the group belongs to Kubernetes itself, or nearly: the groups of other projects have a domain of their own.</summary>
    private static bool IsOfKubernetes(string apiVersion)
    {
        var group = apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
        return !group.Contains('.', StringComparison.Ordinal)
            || (group.EndsWith(".k8s.io", StringComparison.Ordinal) && !group.EndsWith(".x-k8s.io", StringComparison.Ordinal))
            || Spelling.Nearest(group, [ResourceKind.Ingress.ApiGroup], MostSlips) is not null;
    }
}
