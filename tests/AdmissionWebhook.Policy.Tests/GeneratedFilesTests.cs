using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests;

public sealed partial class GeneratedFilesTests
{
    public static TheoryData<string> Files => [.. GeneratedFiles.All().Select(each => each.File)];

    public static TheoryData<string> Rules => [.. RuleCatalog.All.Select(rule => rule.Id)];

    [Theory, MemberData(nameof(Files))]
    public void Generated_files_are_current(string file) =>
        Assert.Equal(GeneratedFiles.All().Single(each => each.File == file).Text, File.ReadAllText(Repository.PathOf(file.Split('/'))));

    [Fact]
    public void Each_page_belongs_to_a_rule() => Assert.Equal(
        RuleCatalog.All.Select(rule => $"{rule.Id}.md").Append("README.md").Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(Repository.PathOf("docs", "rules")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Rules))]
    public void The_registrations_cover_everything_that_a_rule_validates(string id)
    {
        var rule = RuleCatalog.Find(id)!;
        var registered = Directory.EnumerateFiles(Repository.PathOf("config", "webhook"), "*.yaml", SearchOption.AllDirectories)
            .SelectMany(file => Item().Matches(File.ReadAllText(file)))
            .SelectMany(item => from resource in item.Groups["resources"].Value.Split(", ") from operation in item.Groups["operations"].Value.Split(", ") select (item.Groups["group"].Value, resource, operation))
            .ToHashSet();

        var judged =
            from kind in rule.Kinds
            from operation in rule.Operations.ToString().ToUpperInvariant().Split(", ")
            where operation != "NONE"
            select (kind.ApiGroup, rule.SubResource is null ? kind.Plural : $"{kind.Plural}/{rule.SubResource}", operation);

        Assert.Empty(judged.Except(registered));
    }

    [GeneratedRegex("""- \{apiGroups: \["?(?<group>[^]"]*)"?\], apiVersions: \[[^]]*\], resources: \[(?<resources>[^]]*)\], operations: \[(?<operations>[^]]*)\]""")]
    private static partial Regex Item();
}
