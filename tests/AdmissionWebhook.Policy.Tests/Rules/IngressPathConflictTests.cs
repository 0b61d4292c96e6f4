using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class IngressPathConflictTests
{
    [Fact]
    public void Names_the_older_of_two_Ingresses_as_the_winner_for_both()
    {
        var (old, young) = (Ingress("old", "2025-01-01T00:00:00Z", "/api"), Ingress("young", "2026-01-01T00:00:00Z", "/api"));
        var cluster = ClusterState.Empty.With(Object(old), Object(young));

        Assert.Contains("Ingress default/old, which is older and gets the requests", Text(young, cluster), StringComparison.Ordinal);
        Assert.Contains("Ingress default/young, which is younger and gets no requests", Text(old, cluster), StringComparison.Ordinal);
    }

    [Fact]
    public void Warns_even_at_Deny_where_the_specification_decides_the_winner()
    {
        var cluster = ClusterState.Empty.With(Object(Ingress("other", "2025-01-01T00:00:00Z", "/api/v1")));

        var decision = PolicyEngine.Decide(Create(Ingress("web", "2026-01-01T00:00:00Z", "/api")), PolicyOf("ingress-path-conflict: {enforcement: Deny}"), cluster);

        Assert.Equal((true, Enforcement.Warn), (decision.IsAllowed, Assert.Single(decision.Findings).Enforcement));
    }

    [Fact]
    public void Compares_long_nested_paths_of_many_hosts_without_copies()
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
    public void Comparing_many_nested_paths_with_many_takes_linear_work()
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
