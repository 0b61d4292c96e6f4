using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests;

public sealed class ProjectReferenceTests
{
    [Theory]
    [InlineData("Policy", new string[0], new[] { "FluentValidation", "YamlDotNet" })]
    [InlineData("KubernetesApi", new string[0], new[] { "KubernetesClient", "YamlDotNet" })]
    [InlineData("Server", new[] { "KubernetesApi", "Policy" }, new[] { "FluentValidation", "Microsoft.IdentityModel.JsonWebTokens", "OpenTelemetry.Exporter.OpenTelemetryProtocol", "Serilog", "Serilog.Extensions.Logging", "Serilog.Sinks.Async", "Serilog.Sinks.Console" })]
    [InlineData("Cli", new[] { "KubernetesApi", "Policy" }, new[] { "Spectre.Console", "System.CommandLine" })]
    public void A_project_uses_only_its_allowed_projects_and_packages(string project, string[] projects, string[] packages)
    {
        var file = XDocument.Load(Repository.PathOf("src", $"AdmissionWebhook.{project}", $"AdmissionWebhook.{project}.csproj"));

        Assert.Equal(projects, Included(file, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)["AdmissionWebhook.".Length..]).Order());
        Assert.Equal(packages, Included(file, "PackageReference").Order());
    }

    [Theory]
    [InlineData("System.IO.File")]
    [InlineData("System.Net.Http.HttpClient")]
    [InlineData("System.DateTime")]
    [InlineData("System.TimeProvider")]
    [InlineData("System.Threading.Tasks.Task")]
    public void The_policy_project_reads_no_files_and_no_clock_and_never_waits(string type)
    {
        using var portable = OpenPolicy();
        var metadata = portable.GetMetadataReader();

        var used = metadata.TypeReferences.Select(metadata.GetTypeReference).Select(reference => $"{metadata.GetString(reference.Namespace)}.{metadata.GetString(reference.Name)}");

        Assert.DoesNotContain(type, used);
        Assert.Contains("System.Text.Json.Utf8JsonReader", used);
    }

    [Theory]
    [InlineData("get_Now")]
    [InlineData("get_UtcNow")]
    public void The_policy_project_gets_the_time_as_an_argument(string member)
    {
        using var portable = OpenPolicy();
        var metadata = portable.GetMetadataReader();

        var used = metadata.MemberReferences.Select(metadata.GetMemberReference).Select(reference => metadata.GetString(reference.Name));

        Assert.DoesNotContain(member, used);
        Assert.Contains("get_ValueKind", used);
    }

    private static PEReader OpenPolicy() => new(File.OpenRead(typeof(AdmissionWebhook.Policy.Evaluation.PolicyEngine).Assembly.Location));

    private static IEnumerable<string> Included(XDocument project, string item) => project.Descendants(item).Select(element => (string)element.Attribute("Include")!);
}
