using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests;

/// <summary>Folders with files of many sorts.</summary>
public sealed class FileTests : IDisposable
{
    private readonly Cli _cli = new();

    [Theory]
    [InlineData("kustomization.yaml", "resources: [a.yaml]\n")]
    [InlineData("values.yaml", "service: {type: ClusterIP}\n")]
    [InlineData("Chart.yaml", "apiVersion: v2\nname: shop\n")]
    [InlineData("templates/web.yaml", "{{- if .Values.web }}\nkind: Service\n{{- end }}\n")]
    [InlineData(".github/workflows/ci.yml", "on: [push]\njobs: {}\n")]
    [InlineData("docker-compose.yml", "services: {web: {image: nginx}}\n")]
    [InlineData("patch.yaml", "- {op: remove, path: /spec}\n")]
    [InlineData("tsconfig.json", "{\"compilerOptions\": {}}")]
    public void A_file_without_objects_is_skipped_with_a_note(string name, string text)
    {
        _cli.Write("app/a.yaml", Manifests.NodePort);
        var other = _cli.Write("app/" + name, text);

        var run = Cli.Run("check", _cli.PathOf("app"));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"{other}:1: note: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("1 object: 1 denied.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Strict_files_makes_such_a_file_an_error()
    {
        _cli.Write("app/a.yaml", Manifests.Service("web", 80));
        var other = _cli.Write("app/kustomization.yaml", "resources: [a.yaml]\n");

        var run = Cli.Run("check", _cli.PathOf("app"), "--strict-files");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal([$"{other}:1: has no Kubernetes object; it is not checked"], run.ErrorLines);
        Assert.Contains("1 object: all allowed.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_nothing_but_such_files_does_not_pass()
    {
        _cli.Write("app/kustomization.yaml", "resources: [a.yaml]\n");

        var run = Cli.Run("check", _cli.PathOf("app"));

        Assert.Equal(2, run.ExitCode);
        Assert.Collection(
            run.ErrorLines,
            line => Assert.Contains("note: has no Kubernetes object", line, StringComparison.Ordinal),
            line => Assert.Contains("no object to check was found", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a: b: c\n", 1)]
    [InlineData("apiVersion: v1\nkind: service\nmetadata: {name: web}\n", 2)]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata:\n\tname: web\n", 4)]
    [InlineData("apiVersion: v1\nkind: List\nitems: {}\n", 3)]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {rules: [{host: *.example.com}]}\n", 3)]
    public void An_error_in_one_file_still_checks_the_others(string text, int line)
    {
        var broken = _cli.Write("app/a.yaml", text);
        _cli.Write("app/b.yaml", Manifests.NodePort);

        var run = Cli.Run("check", _cli.PathOf("app"), "--output", "json");

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"{broken}:{line}: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(run.ErrorLines, Texts(run, "errors"));
        Assert.Equal(["service-no-node-port"], run.Violated());
    }

    [Fact]
    public void An_object_in_a_file_with_an_error_is_not_missing()
    {
        _cli.Write("app/a.yaml", Manifests.Ingress("elsewhere", "number: 80"));
        _cli.Write("app/b.yaml", "a: b: c\n");

        var run = Cli.Run("check", _cli.PathOf("app"), "--cluster", Cli.SampleCluster);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("it is unknown whether Service shop/elsewhere exists", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("does not exist", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_a_report_even_if_nothing_could_be_read()
    {
        var run = Cli.Check("a: b: c\n", "--output", "json");

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Results());
        Assert.Equal(run.ErrorLines, Texts(run, "errors"));
    }

    [Fact]
    public void A_key_that_stands_twice_is_a_note_and_the_last_value_counts()
    {
        var run = Cli.Check(Manifests.NodePort.Replace("type: NodePort", "type: ClusterIP\n  type: NodePort", StringComparison.Ordinal), "--output", "json");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["-:6: note: key \"type\" is already set on line 5; the last value counts"], run.ErrorLines);
        Assert.Equal(run.ErrorLines, Texts(run, "notes"));
        Assert.Equal(["service-no-node-port"], run.Violated());
    }

    [Theory]
    [InlineData("--cluster")]
    [InlineData("--policy")]
    [InlineData("--old")]
    public void Other_options_skip_such_files_and_note_keys_too(string option)
    {
        _cli.Write("more/kustomization.yaml", "resources: []\n");
        _cli.Write("more/a.yaml", (option == "--policy" ? Manifests.Policy("{service-no-node-port: {}}") : Manifests.Service("web", 80)).Replace("metadata:", "kind: " + (option == "--policy" ? "TrafficPolicy" : "Service") + "\nmetadata:", StringComparison.Ordinal));

        var run = Cli.Check(Manifests.Service("web", 80), option, _cli.PathOf("more"));

        Assert.Equal(0, run.ExitCode);
        Assert.Collection(
            run.ErrorLines,
            line => Assert.Contains("note: key \"kind\" is already set", line, StringComparison.Ordinal),
            line => Assert.Contains("note: has no Kubernetes object", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("debug.yaml")]
    [InlineData("*.yaml")]
    [InlineData("deep")]
    [InlineData("deep/")]
    [InlineData("/deep")]
    [InlineData("deep/more/debug.yaml")]
    [InlineData("**/debug.yaml")]
    [InlineData("deep/**")]
    [InlineData("deep/*/debug.yaml")]
    [InlineData("more/")]
    [InlineData("de[a-f]ug.y?ml")]
    public void Excluded_files_are_not_read(string glob)
    {
        _cli.Write("app/deep/more/debug.yaml", Manifests.NodePort);
        _cli.Write("app/web.yml", Manifests.Service("web", 80));

        var run = Cli.Run("check", _cli.PathOf("app"), "--exclude", glob);

        Assert.Equal((0, "1 object: all allowed."), (run.ExitCode, run.Output.Trim()));
    }

    [Theory]
    [InlineData("ebug.yaml")]
    [InlineData("*/debug.yaml")]
    [InlineData("/debug.yaml")]
    [InlineData("more")]
    [InlineData("debug.yaml/")]
    [InlineData("# debug.yaml")]
    [InlineData("[!d]ebug.yaml")]
    public void Other_files_are_read(string glob)
    {
        _cli.Write("app/a/b/debug.yaml", Manifests.NodePort);

        Assert.Equal(1, Cli.Run("check", _cli.PathOf("app"), "--exclude", glob).ExitCode);
    }

    [Fact]
    public void An_ignore_file_in_the_folder_excludes_and_includes()
    {
        _cli.Write("app/.admission-webhookignore", "# generated\n*.yaml\n!web.yaml\n\ncharts/\n");
        _cli.Write("app/web.yaml", Manifests.Service("web", 80));
        _cli.Write("app/debug.yaml", Manifests.NodePort);
        _cli.Write("app/charts/web.yaml", Manifests.NodePort);

        var run = Cli.Run("check", _cli.PathOf("app"));

        Assert.Equal((0, "1 object: all allowed."), (run.ExitCode, run.Output.Trim()));
    }

    [Fact]
    public void Exclude_counts_for_named_files_but_the_ignore_file_does_not()
    {
        _cli.Write("app/.admission-webhookignore", "*.yaml\n");
        var debug = _cli.Write("app/debug.yaml", Manifests.NodePort);

        Assert.Equal(1, Cli.Run("check", debug).ExitCode);
        Assert.Equal(2, Cli.Run("check", debug, "--exclude", "debug.yaml").ExitCode);
    }

    [Fact]
    public void Rejects_a_pattern_that_is_none()
    {
        _cli.Write("app/.admission-webhookignore", "a\n[z-a]\n");

        Assert.Contains("--exclude [z-a] is not a valid pattern.", Cli.Check(Manifests.NodePort, "--exclude", "[z-a]").Error, StringComparison.Ordinal);
        Assert.Contains("Line 2 of .admission-webhookignore is not a valid pattern.", Cli.Run("check", _cli.PathOf("app")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}")]
    [InlineData("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}")]
    [InlineData("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}")]
    [InlineData("apiVersion: v1\nkind: Namespace\nmetadata: {name: web}")]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: {name: web}")]
    public void What_no_rule_checks_is_never_called_allowed(string manifest)
    {
        var alone = Cli.Check(manifest);
        var both = Cli.Check(Manifests.Bundle(manifest, Manifests.Service("web", 80)));
        var json = Cli.Check(manifest, "--output", "json");

        Assert.Equal((0, "1 object: not judged."), (alone.ExitCode, alone.Output.Trim()));
        Assert.Equal((0, "2 objects: 1 allowed, 1 not judged."), (both.ExitCode, both.Output.Trim()));
        Assert.Null(json.Results()[0]!["allowed"]);
        Assert.Equal(1, JsonNode.Parse(json.Output)!["summary"]!["notJudged"]!.GetValue<int>());
    }

    public void Dispose() => _cli.Dispose();

    private static IEnumerable<string> Texts(Run run, string member) => ((JsonArray)JsonNode.Parse(run.Output)![member]!).Select(JsonResults.Text);
}
