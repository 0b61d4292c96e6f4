using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class IngressPathConflictTests
{
    [Fact]
    public void Of_two_Ingresses_the_older_one_is_said_to_win_whichever_is_looked_at()
    {
        var (old, young) = (Ingress("old", "2025-01-01T00:00:00Z", "/api"), Ingress("young", "2026-01-01T00:00:00Z", "/api"));
        var cluster = ClusterState.Empty.With(Object(old), Object(young));

        Assert.Contains("Ingress default/old, which is older and gets the requests", Text(young, cluster), StringComparison.Ordinal);
        Assert.Contains("Ingress default/young, which is younger and gets no requests", Text(old, cluster), StringComparison.Ordinal);
    }

    [Fact]
    public void What_wins_by_specification_is_a_warning_even_where_the_policy_denies()
    {
        var cluster = ClusterState.Empty.With(Object(Ingress("other", "2025-01-01T00:00:00Z", "/api/v1")));

        var decision = PolicyEngine.Decide(Create(Ingress("web", "2026-01-01T00:00:00Z", "/api")), PolicyOf("ingress-path-conflict: {enforcement: Deny}"), cluster);

        Assert.Equal((true, Enforcement.Warn), (decision.IsAllowed, Assert.Single(decision.Findings).Enforcement));
    }

    [Fact]
    public void Long_nested_paths_of_many_hosts_are_compared_without_copies()
    {
        var paths = Enumerable.Range(0, 100).Select(i => $"/{string.Join('/', Enumerable.Repeat("abcdefghijklmnopqrstuvwxyz", 40))}/{i}").ToArray();
        var aliases = $"annotations: {{nginx.ingress.kubernetes.io/server-alias: '{string.Join(',', Enumerable.Range(0, 100).Select(i => $"a{i}.example.com"))}'}}, ";
        var cluster = ClusterState.Empty.With(Object(Ingress("other", "2025-01-01T00:00:00Z", paths).Replace("metadata: {", "metadata: {" + aliases, StringComparison.Ordinal)));
        var subject = Create(Ingress("web", "2026-01-01T00:00:00Z", paths).Replace("metadata: {", "metadata: {" + aliases, StringComparison.Ordinal));
        var policies = PolicyOf("ingress-path-conflict: {}");

        var cost = ThreadCost.Of(() => PolicyEngine.Decide(subject, policies, cluster));

        Assert.InRange(cost.Bytes, 1, 100_000_000);
    }

    [Fact]
    public void Many_nested_paths_against_many_take_no_time_to_speak_of()
    {
        var (mine, theirs) = (Enumerable.Range(0, 5_000).Select(i => $"/a/b/c/{i}").ToArray(), Enumerable.Range(0, 5_000).Select(i => $"/a/b/c/{i}/d/e").ToArray());
        var cluster = ClusterState.Empty.With(Object(Ingress("other", "2025-01-01T00:00:00Z", theirs)));
        var subject = Create(Ingress("web", "2026-01-01T00:00:00Z", mine));
        var policies = PolicyOf("ingress-path-conflict: {}");
        var begin = System.Diagnostics.Stopwatch.GetTimestamp();

        var decision = PolicyEngine.Decide(subject, policies, cluster);

        Assert.NotEmpty(decision.Findings);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(2));
    }

    private static string Text(string ingress, ClusterState cluster) =>
        Assert.Single(PolicyEngine.Decide(Create(ingress), PolicyOf("ingress-path-conflict: {}"), cluster).Findings).Text;

    private static string Ingress(string name, string created, params string[] paths) =>
        $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: {name}, creationTimestamp: '{created}'}}, spec: {{ingressClassName: nginx, rules: [{{host: a.co, http: {{paths: ["
        + string.Join(", ", paths.Select(path => $"{{path: {path}, pathType: Prefix, backend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}")) + "]} }]} }";
}
