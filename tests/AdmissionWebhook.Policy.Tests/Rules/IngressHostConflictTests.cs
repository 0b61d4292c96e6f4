using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class IngressHostConflictTests
{
    [Fact]
    public void Reports_claims_of_an_unknown_class_as_unchecked()
    {
        var cluster = ClusterState.Unknown.WithKnown(ResourceKind.Ingress).With(Object(Ingress("blog")));

        var decision = PolicyEngine.Decide(Create(Ingress("shop")), PolicyOf("ingress-host-conflict: {}"), cluster);

        Assert.True(decision.IsAllowed);
        Assert.Equal((FindingStatus.Unchecked, "spec.rules[0].host"), (Assert.Single(decision.Findings).Status, decision.Findings[0].Field.ToString()));
    }

    [Fact]
    public void Ingresses_without_a_class_conflict_if_there_is_no_default()
    {
        var cluster = ClusterState.Empty.With(Object(Ingress("blog")));

        var decision = PolicyEngine.Decide(Create(Ingress("shop")), PolicyOf("ingress-host-conflict: {}"), cluster);

        Assert.Equal("Ingress blog/web", Assert.Single(decision.RestsOn).ToString());
    }

    [Fact]
    public void Names_the_oldest_of_several_rivals_in_any_order()
    {
        var rivals = new[] { "b", "a", "c" }.Select(@namespace => Object(Ingress(@namespace, @namespace == "c" ? "2025-01-01T00:00:00Z" : "2026-01-01T00:00:00Z"))).ToList();

        var named = new[] { rivals, Enumerable.Reverse(rivals) }.Select(order =>
            Assert.Single(PolicyEngine.Decide(Create(Ingress("shop")), PolicyOf("ingress-host-conflict: {}"), ClusterState.Empty.With(order)).RestsOn).ToString());

        Assert.All(named, rival => Assert.Equal("Ingress c/web", rival));
    }

    [Fact]
    public void An_Ingress_keeps_its_claim_against_younger_Ingresses()
    {
        var mine = Ingress("shop", "2025-01-01T00:00:00Z");
        var (younger, older) = (Object(Ingress("late", "2026-01-01T00:00:00Z")), Object(Ingress("early", "2024-01-01T00:00:00Z")));

        Assert.Empty(Judge(mine, younger).Findings);
        Assert.False(Judge(mine, older).IsAllowed);
        Assert.False(Judge(mine.Replace("www", "else", StringComparison.Ordinal), younger).IsAllowed);

        Decision Judge(string before, KubernetesObject rival) =>
            PolicyEngine.Decide(Update(before, mine), PolicyOf("ingress-host-conflict: {ratchet: {enabled: false}}"), ClusterState.Empty.With(rival));
    }

    [Theory]
    [InlineData("2025-01-01T00:00:00Z", "late", "2026-01-01T00:00:00Z", true)]
    [InlineData("2026-01-01T00:00:00Z", "early", "2025-01-01T00:00:00Z", false)]
    [InlineData("2026-01-01T00:00:00Z", "zoo", "2026-01-01T00:00:00Z", true)]
    [InlineData("2026-01-01T00:00:00Z", "blog", "2026-01-01T00:00:00Z", false)]
    public void The_younger_of_two_Ingresses_with_one_claim_loses_its_updates(string mine, string @namespace, string theirs, bool keeps)
    {
        var (stored, cluster) = (Ingress("shop", mine), ClusterState.Empty.With(Object(Ingress(@namespace, theirs)), Object(Ingress("shop", mine))));
        var changed = stored.Replace("namespace: shop", "namespace: shop, annotations: {note: changed}", StringComparison.Ordinal);

        var update = PolicyEngine.Decide(Update(stored, changed), PolicyOf("ingress-host-conflict: {}"), cluster);
        var audit = PolicyEngine.Decide(Subject.OfAudit(Object(stored), default), PolicyOf("ingress-host-conflict: {}"), cluster);

        Assert.Equal((keeps, keeps), (update.IsAllowed, audit.IsAllowed));
    }

    [Fact]
    public void Warns_on_update_of_an_Ingress_that_already_shares_a_host_by_another_path()
    {
        var stored = Ingress("shop").Replace("host: www.example.com", "host: www.example.com, http: {paths: [{path: /shop, pathType: Prefix}]}", StringComparison.Ordinal);
        var changed = stored.Replace("namespace: shop", "namespace: shop, annotations: {note: changed}", StringComparison.Ordinal);

        var decision = PolicyEngine.Decide(Update(stored, changed), PolicyOf("ingress-host-conflict: {}"), ClusterState.Empty.With(Object(Ingress("blog", "2025-01-01T00:00:00Z"))));

        Assert.Equal(FindingStatus.Old, Assert.Single(decision.Findings).Status);
    }

    [Fact]
    public void A_claim_of_an_Exact_path_does_not_include_the_path_with_a_slash()
    {
        var stored = Exact("/a");
        var rival = Object(Exact("/a/").Replace("namespace: shop", "namespace: late", StringComparison.Ordinal).Replace("2026", "2027", StringComparison.Ordinal));

        var decision = PolicyEngine.Decide(Update(stored, Exact("/a/")), PolicyOf("ingress-host-conflict: {parameters: {compare: Path}}"), ClusterState.Empty.With(rival));

        Assert.False(decision.IsAllowed);

        static string Exact(string path) => Ingress("shop").Replace("host: www.example.com", $"host: www.example.com, http: {{paths: [{{path: {path}, pathType: Exact}}]}}", StringComparison.Ordinal);
    }

    [Fact]
    public void An_Ingress_that_changes_class_takes_no_host_from_an_Ingress_of_that_class()
    {
        var (rival, cluster) = (Object(Classed("late", "2026-01-01T00:00:00Z", "public")), ClusterState.Empty);

        Assert.False(PolicyEngine.Decide(Update(Classed("shop", "2025-01-01T00:00:00Z", "internal"), Classed("shop", "2025-01-01T00:00:00Z", "public")), PolicyOf("ingress-host-conflict: {}"), cluster.With(rival)).IsAllowed);
        Assert.True(PolicyEngine.Decide(Update(Classed("shop", "2025-01-01T00:00:00Z", "public"), Classed("shop", "2025-01-01T00:00:00Z", "public", "changed")), PolicyOf("ingress-host-conflict: {}"), cluster.With(rival)).IsAllowed);

        static string Classed(string @namespace, string created, string className, string note = "none") => Ingress(@namespace, created)
            .Replace("spec: {", $"spec: {{ingressClassName: {className}, ", StringComparison.Ordinal)
            .Replace($"namespace: {@namespace}", $"namespace: {@namespace}, annotations: {{note: {note}}}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_stored_Ingress_without_a_class_does_not_conflict_with_one_that_has_a_class()
    {
        var classed = Ingress("shop").Replace("spec: {", "spec: {ingressClassName: nginx, ", StringComparison.Ordinal);
        var defaultClass = Object("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}}");

        Assert.True(PolicyEngine.Decide(Create(classed), PolicyOf("ingress-host-conflict: {}"), ClusterState.Empty.With(Object(Ingress("dead")), defaultClass)).IsAllowed);
    }

    [Fact]
    public void Field_and_annotation_both_count_if_they_differ()
    {
        var both = Ingress("shop").Replace("spec: {", "spec: {ingressClassName: other, ", StringComparison.Ordinal).Replace("namespace: shop", "namespace: shop, annotations: {kubernetes.io/ingress.class: nginx}", StringComparison.Ordinal);
        var rival = Object(Ingress("blog").Replace("spec: {", "spec: {ingressClassName: nginx, ", StringComparison.Ordinal));

        Assert.False(PolicyEngine.Decide(Create(both), PolicyOf("ingress-host-conflict: {}"), ClusterState.Empty.With(rival)).IsAllowed);
    }

    [Fact]
    public void Comparing_many_paths_with_many_paths_takes_linear_work()
    {
        var paths = string.Join(",", Enumerable.Range(0, 20_000).Select(i => $"{{path: /SPACE-{i}}}"));
        var many = (string @namespace) => $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: {@namespace}}}, spec: {{rules: [{{host: a.co, http: {{paths: [{paths.Replace("SPACE", @namespace, StringComparison.Ordinal)}]}}}}]}}}}";
        var (subject, cluster) = (Create(many("shop")), ClusterState.Empty.With(Object(many("blog"))));
        var begin = System.Diagnostics.Stopwatch.GetTimestamp();

        var decision = PolicyEngine.Decide(subject, PolicyOf("ingress-host-conflict: {parameters: {compare: Path}}"), cluster);

        Assert.True(decision.IsAllowed);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("ingress-host-conflict", "blog", "h{0}.a.co", "h{0}.a.co")]
    [InlineData("ingress-host-conflict", "blog", "'*.h{0}.co'", "a.h{0}.co")]
    [InlineData("ingress-path-conflict", "shop", "h{0}.a.co", "h{0}.a.co")]
    [InlineData("ingress-regex-path", "shop", "h{0}.a.co", "h{0}.a.co")]
    public void Comparing_many_hosts_with_many_hosts_takes_linear_work(string rule, string @namespace, string host, string otherHost)
    {
        var mine = Object(ManyHosts("web", "shop", "/a", host));
        var state = ClusterState.Empty.With(Object(ManyHosts("api", @namespace, "/b", otherHost)));
        var begin = System.Diagnostics.Stopwatch.GetTimestamp();

        var decision = PolicyEngine.Decide(new() { Operation = Operation.Create, Object = mine }, PolicyOf(rule == "ingress-host-conflict" ? $"{rule}: {{parameters: {{compare: Path}}}}" : $"{rule}: {{}}"), state);

        Assert.True(decision.IsAllowed);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Denies_more_aliases_than_can_be_compared()
    {
        var aliases = string.Join(',', Enumerable.Range(0, 1001).Select(i => $"h{i}.b.co"));
        var ingress = $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, annotations: {{nginx.ingress.kubernetes.io/server-alias: '{aliases}'}}}}, spec: {{rules: [{{host: a.co}}]}}}}";

        var decision = PolicyEngine.Decide(Create(ingress), PolicyOf("ingress-host-conflict: {}"), ClusterState.Empty);

        Assert.Contains("must not name more than 1000 hosts", Assert.Single(decision.Findings).Violation.Message, StringComparison.Ordinal);
    }

    /// <summary>To serve a host by one controller is not to own its certificates, so whoever takes a host by a class that nobody uses can ask for none later.</summary>
    [Theory]
    [InlineData("nginx", "", true)]
    [InlineData("traefik", "", false)]
    [InlineData("traefik", "annotations: {cert-manager.io/issuer: old}, ", true)]
    public void Allows_a_certificate_for_a_held_host_that_no_other_controller_serves(string className, string before, bool isAllowed)
    {
        var cluster = ClusterState.Empty.With(
            Object("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}"),
            Object("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: traefik}, spec: {controller: traefik.io/ingress-controller}}"),
            Object(Of("shop", "2026-02-01T00:00:00Z", "", "nginx")));

        var decision = PolicyEngine.Decide(
            Update(Of("blog", "2026-01-01T00:00:00Z", before, className), Of("blog", "2026-01-01T00:00:00Z", "annotations: {cert-manager.io/issuer: ours}, ", className)),
            PolicyOf("ingress-host-conflict: {}"),
            cluster);

        Assert.Equal(isAllowed, decision.IsAllowed);

        static string Of(string @namespace, string created, string annotations, string className) =>
            $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: {@namespace}, {annotations}creationTimestamp: '{created}'}}, "
            + $"spec: {{ingressClassName: {className}, tls: [{{hosts: [pay.example.com]}}], rules: [{{host: pay.example.com}}]}}}}";
    }

    private static string ManyHosts(string name, string @namespace, string path, string host)
    {
        var rules = string.Join(",", Enumerable.Range(0, 10_000).Select(i => $"{{host: {string.Format(System.Globalization.CultureInfo.InvariantCulture, host, i)}, http: {{paths: [{{path: {path}, pathType: Prefix}}]}}}}"));
        return $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: {name}, namespace: {@namespace}}}, spec: {{rules: [{rules}]}}}}";
    }

    private static string Ingress(string @namespace, string created = "2026-01-01T00:00:00Z") =>
        $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: {@namespace}, creationTimestamp: '{created}'}}, spec: {{rules: [{{host: www.example.com}}]}}}}";
}
