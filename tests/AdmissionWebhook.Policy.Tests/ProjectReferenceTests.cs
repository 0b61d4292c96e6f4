using System.Xml.Linq;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests;

public sealed class ProjectReferenceTests
{
    [Theory]
    [InlineData("Policy", new string[0], new[] { "FluentValidation", "YamlDotNet" })]
    [InlineData("KubernetesApi", new string[0], new[] { "YamlDotNet" })]
    [InlineData("Server", new[] { "KubernetesApi", "Policy" }, new[] { "FluentValidation", "Serilog", "Serilog.Extensions.Logging", "Serilog.Sinks.Async", "Serilog.Sinks.Console" })]
    [InlineData("Cli", new[] { "KubernetesApi", "Policy" }, new[] { "Spectre.Console", "System.CommandLine" })]
    public void A_project_uses_only_the_projects_and_packages_meant_for_it(string project, string[] projects, string[] packages)
    {
        var file = XDocument.Load(Repository.PathOf("src", $"AdmissionWebhook.{project}", $"AdmissionWebhook.{project}.csproj"));

        Assert.Equal(projects, Included(file, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)["AdmissionWebhook.".Length..]).Order());
        Assert.Equal(packages, Included(file, "PackageReference").Order());
    }

    [Theory]
    [InlineData("System.IO.File")]
    [InlineData("System.Net.Http.HttpClient")]
    [InlineData("System.DateTime")]
    [InlineData("System.DateTimeOffset")]
    [InlineData("System.TimeProvider")]
    [InlineData("System.Threading.Tasks.Task")]
    public void What_decides_neither_reads_files_nor_the_clock_nor_waits(string type)
    {
        using var assembly = File.OpenRead(typeof(AdmissionWebhook.Policy.Evaluation.PolicyEngine).Assembly.Location);
        using var portable = new System.Reflection.PortableExecutable.PEReader(assembly);
        var metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(portable);

        var used = metadata.TypeReferences.Select(metadata.GetTypeReference).Select(reference => $"{metadata.GetString(reference.Namespace)}.{metadata.GetString(reference.Name)}");

        Assert.DoesNotContain(type, used);
        Assert.Contains("System.Text.Json.Utf8JsonReader", used);
    }

    private static IEnumerable<string> Included(XDocument project, string item) => project.Descendants(item).Select(element => (string)element.Attribute("Include")!);
}
