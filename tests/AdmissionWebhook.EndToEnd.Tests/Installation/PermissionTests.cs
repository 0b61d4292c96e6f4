using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>The roles of config/rbac follow from what rules judge and look up. The chart has the same.</summary>
public sealed class PermissionTests
{
    [Fact]
    public void The_cluster_role_allows_every_watch_and_every_live_read()
    {
        // Nothing is read live for an audit.
        var lookedUp = RuleCatalog.All.Where(rule => rule.Operations != Operation.None).SelectMany(rule => rule.Reads).ToHashSet();
        var expected = new HashSet<Permission>();
        foreach (var kind in ResourceKind.All.Where(kind => kind != ResourceKind.Secret))
            expected.UnionWith(Verbs(lookedUp.Contains(kind) ? ["get", "list", "watch"] : ["list", "watch"], GroupOf(kind), kind.Plural));
        foreach (var resource in CustomResource.All)
        {
            expected.UnionWith(Verbs(["list", "watch"], Document.Group, resource.Plural));
            expected.UnionWith(Verbs(["patch"], Document.Group, $"{resource.Plural}/status"));
        }

        AssertSame(expected, Granted("ClusterRole"));
    }

    [Fact]
    public void A_separate_role_allows_Secrets() =>
        AssertSame(Verbs(["get", "list", "watch"], "", "secrets"), Rendered.Config("rbac/tls-secrets").Where(installed => (string?)installed["kind"] == "ClusterRole").SelectMany(Permission.Of));

    [Fact]
    public void The_chart_grants_the_same_permissions()
    {
        // What templates fill in is names and labels; the rules are written out. Conditions stand between objects.
        var lines = new[] { "rbac.yaml", "certificate.yaml" }.SelectMany(file => File.ReadLines(Path.Combine(Rendered.Chart, "templates", file)).Prepend("---"));
        var templates = string.Join('\n', lines.Select(line => line.StartsWith("{{", StringComparison.Ordinal) ? "---" : line).Where(line => !line.Contains("{{", StringComparison.Ordinal)));

        Assert.Equal(Roles(Rendered.Config("rbac").Concat(Rendered.Config("rbac/tls-secrets"))), Roles(Rendered.Read(templates)));

        static IEnumerable<string> Roles(IEnumerable<JsonObject> installed) =>
            from role in installed
            where role["rules"] is not null
            from permission in Permission.Of(role)
            select $"{Rendered.NameOf(role)}: {permission}" into line
            orderby line
            select line;
    }

    [Fact]
    public void Rules_check_or_look_up_every_watched_kind() =>
        Assert.All(ResourceKind.All, kind => Assert.Contains(RuleCatalog.All, rule => rule.Kinds.Contains(kind) || rule.Reads.Contains(kind)));

    [Fact]
    public void The_role_allows_only_the_Leases_of_the_leader_and_of_claims() =>
        AssertSame(
            [.. Verbs(["get", "update"], "coordination.k8s.io", "leases", "admission-webhook"), .. Verbs(["create", "get", "list", "update", "delete"], "coordination.k8s.io", "leases")],
            Granted("Role"));

    [Fact]
    public void The_installation_contains_every_object_that_the_roles_name() =>
        Assert.All(Granted("Role").Select(permission => permission.Resource).Distinct(), resource =>
            Assert.Contains(Rendered.Config("rbac"), installed => $"{installed["kind"]}s".Equals(resource, StringComparison.OrdinalIgnoreCase)));

    private static IEnumerable<Permission> Verbs(string[] verbs, string group, string resource, string name = "") =>
        verbs.Select(verb => new Permission(verb, group, resource, name));

    private static IEnumerable<Permission> Granted(string kind) =>
        Rendered.Config("rbac").Where(installed => (string?)installed["kind"] == kind && (string?)installed["metadata"]!["name"] == "admission-webhook").SelectMany(Permission.Of);

    private static string GroupOf(ResourceKind kind) => kind.ApiVersion.Contains('/', StringComparison.Ordinal) ? kind.ApiVersion.Split('/')[0] : "";

    private static void AssertSame(IEnumerable<Permission> expected, IEnumerable<Permission> granted) =>
        Assert.Equal(expected.Select(permission => permission.ToString()).Order(), granted.Select(permission => permission.ToString()).Order());
}
