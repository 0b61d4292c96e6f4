using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>What is applied to a cluster to install the webhook.</summary>
internal static class Rendered
{
    public const string NoHelm = "helm is not on the PATH.";
    public const string NoKubectl = "kubectl is not on the PATH.";

    public static readonly string Chart = Repository.PathOf("charts", "admission-webhook");

    public static bool HasHelm { get; } = IsOnPath("helm");

    public static bool HasKubectl { get; } = IsOnPath("kubectl");

    /// <summary>The chart, for namespace admission-webhook.</summary>
    public static async Task<IReadOnlyList<JsonObject>> ChartAsync(params IEnumerable<string> values)
    {
        var (exitCode, output) = await TryChartAsync(values);
        Assert.True(exitCode == 0, output);
        return Read(output);
    }

    /// <summary>The same with a file of values.</summary>
    public static async Task<IReadOnlyList<JsonObject>> ChartOfFileAsync(string values)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, values);
            var (exitCode, output) = await TemplateAsync($"--values={file}");
            Assert.True(exitCode == 0, output);
            return Read(output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static Task<(int ExitCode, string Output)> TryChartAsync(params IEnumerable<string> values) => TemplateAsync(values.Select(value => $"--set={value}"));

    public static async Task<IReadOnlyList<JsonObject>> KustomizationAsync(string name)
    {
        var (exitCode, output) = await ChildProcess.RunAsync("kubectl", ["kustomize", Repository.PathOf("config", name)]);
        Assert.True(exitCode == 0, output);
        return Read(output);
    }

    public static IReadOnlyList<JsonObject> Read(string yaml)
    {
        var errors = new List<SourceError>();
        var manifests = Manifest.ReadAll("rendered.yaml", yaml, errors);
        Assert.Empty(errors);
        return [.. manifests.Select(manifest => JsonNode.Parse(manifest.Json)!.AsObject())];
    }

    /// <summary>The files of a folder of config.</summary>
    public static IEnumerable<JsonObject> Config(string folder) =>
        Directory.EnumerateFiles(Repository.PathOf("config", folder), "*.yaml").SelectMany(file => Read(File.ReadAllText(file)));

    /// <summary><c>Kind name</c></summary>
    public static string NameOf(JsonObject rendered) => $"{rendered["kind"]} {rendered["metadata"]?["name"]}";

    private static Task<(int ExitCode, string Output)> TemplateAsync(params IEnumerable<string> options) =>
        ChildProcess.RunAsync("helm", ["template", "admission-webhook", Chart, "--namespace=admission-webhook", "--include-crds", .. options]);

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
