using System.Text.Json.Nodes;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests;

/// <summary>What each shipped policy makes of the shipped samples.</summary>
public sealed class PresetTests
{
    [Fact]
    public void Each_preset_gives_the_expected_results_for_the_samples()
    {
        string[] presets = ["observe", "gitops", "organisation", "strict"];
        var columns = presets.Select(Judge).ToList();

        var table = columns[0].Keys.Select(name => $"{name}: {string.Join(", ", columns.Select(column => column[name]))}");

        Assert.Equal(
            """
            broken/checkout.yaml Ingress checkout: denied, denied, denied, denied
            broken/hosts.yaml Ingress landing: audited, denied, denied, denied
            broken/hosts.yaml Ingress previews: audited, denied, denied, denied
            broken/hosts.yaml Ingress leftovers: audited, denied, denied, denied
            broken/search.yaml Ingress search: audited, warned, warned, denied
            broken/services.yaml Service debug: audited, denied, denied, denied
            broken/services.yaml Service public: audited, denied, denied, denied
            broken/services.yaml Service resolver: audited, denied, denied, denied
            broken/services.yaml Service credentials: audited, denied, denied, denied
            broken/web.yaml Ingress web: audited, denied, denied, denied
            good/checkout.yaml Deployment checkout: allowed, allowed, allowed, allowed
            good/checkout.yaml Service checkout: allowed, allowed, allowed, warned
            good/checkout.yaml Ingress checkout: denied, warned, allowed, denied
            good/shop.yaml Ingress web: audited, allowed, allowed, allowed
            """,
            string.Join('\n', table));
    }

    [Fact]
    public void Only_gitops_allows_an_application_before_its_Service_and_class_exist()
    {
        using var cli = new Cli();
        var empty = cli.Write("empty.yaml", "");
        var ingress = Manifests.Ingress("web", "number: 80").Replace("shop.example.com", "web.shop.example.com", StringComparison.Ordinal);

        var codes = new[] { "gitops", "organisation", "strict" }.Select(preset => Cli.Check(ingress, "--cluster", empty, "--policy", PathOf(preset)).ExitCode);

        Assert.Equal([0, 1, 1], codes);
    }

    private static string PathOf(string preset) => Repository.PathOf("config", "policies", preset + ".yaml");

    private static Dictionary<string, string> Judge(string preset)
    {
        var samples = Repository.PathOf("config", "samples");
        var run = Cli.Run("check", Path.Combine(samples, "broken"), Path.Combine(samples, "good"), "--cluster", Cli.SampleCluster, "--policy", PathOf(preset), "--output", "json");
        return run.Results().ToDictionary(
            result => $"{Path.GetRelativePath(samples, JsonResults.Text(result!["file"]))} {JsonResults.Text(result["object"]!["kind"])} {JsonResults.Text(result["object"]!["name"])}",
            Outcome);
    }

    private static string Outcome(JsonNode? result)
    {
        var enforcements = ((JsonArray)result!["findings"]!).Select(finding => JsonResults.Text(finding!["enforcement"])).ToList();
        return enforcements.Contains("Deny") ? "denied" : enforcements.Exists(word => word is "Warn" or "Apply" or "Suggest") ? "warned" : enforcements.Contains("Audit") ? "audited" : "allowed";
    }
}
