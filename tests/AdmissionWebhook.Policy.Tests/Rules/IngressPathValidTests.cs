using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class IngressPathValidTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/a.b/c..d/...")]
    [InlineData("/%20/%C3%A9")]
    [InlineData("/wiki/A_(b)!$&'*'+,=:@~")]
    [InlineData("/café")]
    [InlineData("/.hidden")]
    [InlineData("/etc-hosts/etcd/aliasing/rooted")]
    [InlineData("/grooty/alias")]
    public void Allows_a_path_with_any_character_of_a_URL(string path)
    {
        foreach (var type in new[] { "Prefix", "Exact", "ImplementationSpecific" })
            Assert.Equal(path.Contains('*', StringComparison.Ordinal) && type != "ImplementationSpecific" ? 1 : 0, Findings(path, type));
    }

    [Theory]
    [InlineData("/a\tb")]
    [InlineData("/a\rb")]
    [InlineData("/a\u2028b")]
    [InlineData("/a\u0000b")]
    [InlineData("/a\u007fb")]
    [InlineData("/a;")]
    [InlineData("/a\"b")]
    [InlineData("alias /x;")]
    [InlineData("/x/;root\n#\n/;")]
    [InlineData("/content_by_lua_block")]
    [InlineData("/etc/passwd")]
    [InlineData("/%65%74%63/shadow")]
    [InlineData("/a/var/run/secrets/x")]
    public void Denies_injection_for_every_pathType(string path)
    {
        foreach (var type in new[] { "Prefix", "Exact", "ImplementationSpecific" })
            Assert.Equal(1, Findings(path, type));
    }

    [Theory]
    [InlineData("/api/*", "Write /api; it already matches every path below")]
    [InlineData("/*", "Write /; it already matches every path below")]
    [InlineData("/api/v[12]/*", "Use a plain path, or pathType ImplementationSpecific if the controller reads patterns")]
    public void Warns_that_Prefix_already_matches_subpaths(string path, string remedy)
    {
        var finding = Assert.Single(Decide(path, "Prefix").Findings);

        Assert.Equal(remedy, finding.Violation.Remedy);
    }

    [Theory]
    [InlineData("alias /x;")]
    [InlineData("/x;\nalias #\n/etc;")]
    [InlineData("/x;alias\n'/etc/'\n;")]
    public void Names_a_directive_that_spans_lines(string path) =>
        Assert.Contains("must not contain the nginx directive alias", Assert.Single(Decide(path, "Prefix").Findings).Text, StringComparison.Ordinal);

    private static int Findings(string path, string type) => Decide(path, type).Findings.Length;

    private static Decision Decide(string path, string type) => PolicyEngine.Decide(
        Create($$"""{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}, "spec": {"rules": [{"host": "a.co", "http": {"paths": [{"path": {{System.Text.Json.JsonSerializer.Serialize(path)}}, "pathType": "{{type}}"}]} }]} }"""),
        PolicyOf("ingress-path-valid: {}"),
        ClusterState.Empty);
}
