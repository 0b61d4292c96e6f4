using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests;

public sealed partial class SampleTests
{
    private static readonly string Broken = Repository.PathOf("config", "samples", "broken");
    private static readonly string Good = Repository.PathOf("config", "samples", "good");

    [Fact]
    public void Reports_exactly_the_errors_of_the_broken_samples()
    {
        var run = Cli.Run("check", Broken, "--cluster", Cli.SampleCluster, "--output", "json");

        var reported =
            from result in run.Results()
            from finding in (System.Text.Json.Nodes.JsonArray)result!["findings"]!
            select $"{Path.GetFileName(JsonResults.Text(result["file"]))}:{finding!["line"]} {JsonResults.Text(finding["rule"])}";
        Assert.Equal(Expected().Order(), reported.Order());
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void The_good_samples_pass_without_findings()
    {
        var run = Cli.Run("check", Good, "--cluster", Cli.SampleCluster, "--output", "json", "--fail-on", "audit");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Findings());
    }

    [Fact]
    public void The_good_samples_show_both_defaults()
    {
        var run = Cli.Run("check", Good, "--cluster", Cli.SampleCluster);

        Assert.Contains("  defaults: /spec/ingressClassName = \"nginx\"", run.Output, StringComparison.Ordinal);
        Assert.Contains("  defaults: /spec/rules/0/http/paths/0/pathType = \"Prefix\"", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sample_cluster_itself_passes()
    {
        var run = Cli.Run("check", Cli.SampleCluster, "--cluster", Cli.SampleCluster, "--fail-on", "audit");

        Assert.Equal((0, "7 objects: 5 allowed, 2 not judged."), (run.ExitCode, run.Output.Trim()));
    }

    [Fact]
    public void The_README_shows_what_check_prints_for_a_broken_sample()
    {
        var run = Cli.Run("check", Path.Combine(Broken, "web.yaml"), "--cluster", Cli.SampleCluster);

        // The README runs it in the top folder of the repository.
        var printed = run.Output.Replace(Repository.Root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        Assert.Contains(printed.Trim(), File.ReadAllText(Repository.PathOf("README.md")), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Expected() =>
        from file in Directory.EnumerateFiles(Broken)
        from line in File.ReadLines(file).Index()
        from rule in ExpectComment().Match(line.Item).Groups["rules"].Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)
        select $"{Path.GetFileName(file)}:{line.Index + 1} {rule}";

    [GeneratedRegex("# expect: (?<rules>.+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex ExpectComment();
}
