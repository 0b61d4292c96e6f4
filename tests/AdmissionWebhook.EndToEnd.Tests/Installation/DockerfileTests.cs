using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>What of the Dockerfile can be told without a container engine.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string Text = File.ReadAllText(Repository.PathOf("Dockerfile"));

    [Fact]
    public void Every_copied_or_published_path_exists_and_is_not_ignored()
    {
        var ignore = File.ReadAllLines(Repository.PathOf(".dockerignore"));
        var copied = Copy().Matches(Text).SelectMany(match => match.Groups[1].Value.Split(' ')[..^1]).ToList();

        Assert.NotEmpty(copied);
        Assert.All(copied.Concat(Project().Matches(Text).Select(match => match.Value)), path =>
        {
            Assert.True(Path.Exists(Repository.PathOf(path)), $"{path} does not exist.");
            Assert.Contains($"!{path.Split('/')[0]}", ignore);
        });
    }

    [Fact]
    public void Restores_every_project_before_it_copies_the_code()
    {
        var projects = Directory.EnumerateFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file));

        Assert.All(projects, project => Assert.Contains($"COPY {project} {Path.GetDirectoryName(project)}/\n", Text, StringComparison.Ordinal));
    }

    [Fact]
    public void The_image_starts_the_server_without_a_shell_and_not_as_root()
    {
        var server = File.ReadAllText(Repository.PathOf("src", "AdmissionWebhook.Server", "AdmissionWebhook.Server.csproj"));
        var name = Regex.Match(server, "<AssemblyName>(.+)</AssemblyName>").Groups[1].Value;
        var image = Text[Text.LastIndexOf("\nFROM ", StringComparison.Ordinal)..];

        Assert.Contains($"ENTRYPOINT [\"/app/{name}\"]", image, StringComparison.Ordinal);
        Assert.Contains("\nUSER $APP_UID\n", image, StringComparison.Ordinal);
        Assert.Contains("-chiseled\n", image, StringComparison.Ordinal);
        Assert.DoesNotContain("\nRUN ", image, StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_uses_the_SDK_and_the_framework_of_the_projects()
    {
        var framework = Regex.Match(File.ReadAllText(Repository.PathOf("Directory.Build.props")), @"<TargetFramework>net(\d+\.\d+)<").Groups[1].Value;

        Assert.All(Regex.Matches(Text, @"/dotnet/(sdk|aspnet):([\d.]+)").Select(match => match.Groups[2].Value), version => Assert.Equal(framework, version));
    }

    [GeneratedRegex("^COPY (?!--from)(.+)$", RegexOptions.Multiline)]
    private static partial Regex Copy();

    [GeneratedRegex(@"src/\S+\.csproj")]
    private static partial Regex Project();
}
