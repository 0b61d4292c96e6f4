using System.Text.Json.Nodes;

namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>One thing that somebody may do.</summary>
/// <param name="Verb">As RBAC calls it.</param>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Resource">With its subresource, as in trafficpolicies/status.</param>
/// <param name="Name">The only object with which; empty for any.</param>
internal sealed record Permission(string Verb, string Group, string Resource, string Name = "")
{
    /// <summary>Everything that a Role or ClusterRole permits.</summary>
    public static IEnumerable<Permission> Of(JsonObject role) =>
        from rule in role["rules"]!.AsArray()
        from verb in Texts(rule!["verbs"])
        from resourceGroup in Texts(rule["apiGroups"])
        from resource in Texts(rule["resources"])
        from name in Texts(rule["resourceNames"]).DefaultIfEmpty("")
        select new Permission(verb, resourceGroup, resource, name);

    private static IEnumerable<string> Texts(JsonNode? list) => (list as JsonArray ?? []).Select(text => (string)text!);
}
