using System.Text.Json.Nodes;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests;

/// <summary>
/// Inputs of public bug reports, which lie beside the project: what each object must be told (<c>+rule</c>), must be denied (<c>!rule</c>), and must not be told (<c>-rule</c>;
/// a lone <c>-</c> for anything at all).
/// </summary>
public sealed class FieldTests
{
    private static readonly string Folder = Repository.PathOf("..", "shared", "field", "2026-11-30");

    public static TheoryData<string, string> Cases { get; } = new()
    {
        { "A-same-controller-two-classes/takeover.yaml", "victim !ingress-host-conflict; taker !ingress-host-conflict" },
        {
            "A-same-controller-two-classes/haproxy-and-alb-group.yaml",
            "h1 !ingress-host-conflict; h2 !ingress-host-conflict; g1 !ingress-host-conflict; g2 !ingress-host-conflict"
        },
        {
            "B-nginx-reload-breakers/regex-does-not-compile.yaml",
            "r1 !ingress-path-valid; r2 !ingress-path-valid; r3 !ingress-path-valid; r4 !ingress-path-valid; r5 !ingress-path-valid; r6 !ingress-path-valid; r9 !ingress-path-valid"
        },
        { "B-nginx-reload-breakers/silently-dropped-sizes.yaml", "d1 +ingress-nginx-annotation-value; d2 +ingress-nginx-annotation-value; d3 +ingress-nginx-annotation-value" },
        {
            "B-nginx-reload-breakers/unknown-variable.yaml",
            "v1 !ingress-nginx-annotation-value; v2 !ingress-nginx-annotation-value; v3 !ingress-nginx-annotation-value; v4 !ingress-nginx-annotation-value"
        },
        { "C-own-load-balancer-per-ingress/alb.yaml", "one -ingress-host-conflict; two -ingress-host-conflict; three -ingress-host-conflict -ingress-path-conflict; four -ingress-host-conflict -ingress-path-conflict" },
        { "C-own-load-balancer-per-ingress/tailscale-cilium.yaml", "ts -; ts2 -; c2 -; c3 -" },
        { "D-same-path-told-apart/alb-action.yaml", "web -ingress-path-overlap" },
        { "D-same-path-told-apart/alb-conditions.yaml", "argocd -ingress-path-overlap" },
        { "D-same-path-told-apart/haproxy-route-acl.yaml", "main -; beta -" },
        { "E-f5-nginx/host-taken.yaml", "one +ingress-host-conflict; two +ingress-accepted; three !ingress-host-conflict" },
        { "E-f5-nginx/master-and-root-minion.yaml", "cafe-master -; cafe-root -" },
        { "E-f5-nginx/master-and-root-minion.yaml strict", "cafe-master -ingress-host-conflict -ingress-path-conflict; cafe-root -ingress-host-conflict -ingress-path-conflict" },
        { "E-f5-nginx/master-and-root-minion-other-namespace.yaml", "cafe-master -; cafe-root -" },
        { "F-strict-breaks/acme-solver.yaml strict cert-manager", "(unnamed) -!; cm-acme-http-solver-x -!" },
        { "G-backend-never-used/redirect-only.yaml", "r1 -; r2 -; r3 -" },
        { "H-tls-elsewhere/cilium-and-traefik-entrypoint.yaml", "c1 -; t1 -" },
        { "H-tls-elsewhere/openshift-empty-entry.yaml", "edge -" },
        { "H-tls-elsewhere/openshift-no-route.yaml", "o5 +ingress-accepted; o1 +ingress-accepted" },
        { "H-tls-elsewhere/openshift-termination-typo.yaml", "o1 !ingress-tls-required; o2 !ingress-tls-required" },
        { "I-protocol/contour-app-protocol.yaml", "one -; two +ingress-backend-protocol; three -; four -" },
        { "J-unreadable-files/double-quoted-over-lines.yaml", "api -" },
        { "J-unreadable-files/duplicate-key.yaml", "api -" },
        { "J-unreadable-files/repo", "debug !service-no-node-port" },
        { "K-agic-patterns/prefix-star.yaml", "a1 -" },
        { "L-external-dns/shared-name.yaml", "dns-tcp -service-external-dns-conflict; dns-udp -service-external-dns-conflict; ignored -service-external-dns-conflict; kafka-headless -; kafka-1 -" },
        { "M-controllers-not-recognised/gke-without-class.yaml", "web -" },
        { "M-controllers-not-recognised/ingress-nginx-by-other-names.yaml strict", "aks +ingress-plain-http +ingress-backend-protocol; doc +ingress-plain-http +ingress-backend-protocol" },
        { "O-mistyped-or-dead-annotations/rewrite-group.yaml", "ra +ingress-rewrite-group; rb +ingress-rewrite-group" },
        {
            "O-mistyped-or-dead-annotations/prefixes.yaml",
            string.Join("; ", Enumerable.Range(1, 8).Select(number => $"p{number} +ingress-annotation-unknown"))
        },
        { "P-foreign-controllers-services/knative-tailscale.yaml strict", "hello -service-external-name; db-egress -service-external-name" },
        { "Q-missing-rules/alb-instance-needs-node-port.yaml", "one +ingress-backend-node-port" },
        { "Q-missing-rules/gke-clusterip-without-neg.yaml", "web +ingress-backend-node-port" },
        {
            "Q-missing-rules/one-secret-two-ingresses.yaml",
            "one +ingress-tls-secret-unique; two +ingress-tls-secret-unique; three +ingress-tls-secret-unique"
        },
        { "N-api-refuses-check-allows/values.yaml", "i1 !schema-valid; api !schema-valid" },
        { "N-api-refuses-check-allows/removed-api-versions.yaml strict", "old !schema-valid; old2 !schema-valid -ingress-path-valid -ingress-default-path-type" },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Tells_each_object_what_is_right(string run, string expected)
    {
        Assert.SkipUnless(Directory.Exists(Folder), "The inputs of public bug reports do not lie beside the project.");
        var words = run.Split(' ');
        List<string> options = ["check", Path.Combine(Folder, words[0]), "--cluster", Path.Combine(Folder, "cluster.yaml"), "--output", "json"];
        if (words.Contains("strict"))
            options.AddRange(["--policy", Repository.PathOf("config", "policies", "strict.yaml")]);
        if (words.Contains("cert-manager"))
            options.AddRange(["--user", "system:serviceaccount:cert-manager:cert-manager"]);

        var results = Cli.Run([.. options]).Results();

        foreach (var line in expected.Split(';', StringSplitOptions.TrimEntries))
        {
            var parts = line.Split(' ');
            var result = results.Single(each => NameOf(each!) == parts[0])!;
            foreach (var rule in parts[1..])
                Judge(rule, result);
        }
    }

    [Fact]
    public void Tells_the_line_of_an_unquoted_wildcard()
    {
        Assert.SkipUnless(Directory.Exists(Folder), "The inputs of public bug reports do not lie beside the project.");
        var file = Path.Combine(Folder, "J-unreadable-files", "unquoted-wildcard.yaml");
        var line = File.ReadAllLines(file).Index().Single(each => each.Item.Contains("host: *", StringComparison.Ordinal)).Index + 1;

        var error = Assert.Single(Cli.Run("check", file).ErrorLines);

        Assert.StartsWith($"{file}:{line}: ", error, StringComparison.Ordinal);
        Assert.EndsWith("put it in quotes", error, StringComparison.Ordinal);
    }

    private static void Judge(string expected, JsonNode result)
    {
        var findings = ((JsonArray)result["findings"]!)
            .Select(finding => (Rule: finding!["rule"]!.GetValue<string>(), Enforcement: finding["enforcement"]!.GetValue<string>(), Status: finding["status"]!.GetValue<string>()))
            .Where(finding => finding.Status == "violated")
            .ToList();
        var rules = findings.ConvertAll(finding => finding.Rule);
        switch (expected[0])
        {
            case '+':
                Assert.Contains(expected[1..], rules);
                break;
            case '!':
                Assert.Contains((expected[1..], "Deny"), findings.Select(finding => (finding.Rule, finding.Enforcement)));
                break;
            case '-' when expected == "-!":
                Assert.DoesNotContain("Deny", findings.Select(finding => finding.Enforcement));
                break;
            case '-' when expected.Length > 1:
                Assert.DoesNotContain(expected[1..], rules);
                break;
            default:
                Assert.Empty(findings);
                break;
        }
    }

    private static string NameOf(JsonNode result) => result["object"]!["name"]?.GetValue<string>() is { Length: > 0 } name ? name : "(unnamed)";
}
