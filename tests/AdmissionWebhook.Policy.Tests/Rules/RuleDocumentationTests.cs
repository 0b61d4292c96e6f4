using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class RuleDocumentationTests
{
    private static readonly string Folder = Repository.PathOf("docs", "rules");

    public static TheoryData<string> Ids => [.. RuleCatalog.All.Select(rule => rule.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void The_page_of_each_rule_is_current(string id) =>
        GeneratedFile.AssertCurrent(Path.Combine(Folder, $"{id}.md"), RuleDocumentation.Page(RuleCatalog.Find(id)!));

    [Fact]
    public void The_table_of_the_catalogue_is_current() => GeneratedFile.AssertCurrent(Repository.PathOf("docs", "catalogue.md"), CatalogueTable.Text());

    [Fact]
    public void The_list_of_rules_is_current() => GeneratedFile.AssertCurrent(Path.Combine(Folder, "README.md"), RuleDocumentation.Index());

    [Fact]
    public void Each_page_belongs_to_a_rule() =>
        Assert.Equal(
            RuleCatalog.All.Select(rule => $"{rule.Id}.md").Append("README.md").Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
}
