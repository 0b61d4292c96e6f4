using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class RuleDocumentationTests
{
    private const string TableBegins = "<!-- rules: generated -->\n";
    private const string TableEnds = "<!-- /rules -->";

    public static TheoryData<string> Ids => [.. RuleCatalog.All.Select(rule => rule.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void The_page_of_each_rule_is_current(string id) =>
        GeneratedFile.AssertCurrent(Repository.PathOf("docs", "rules", $"{id}.md"), RuleDocumentation.Page(RuleCatalog.Find(id)!));

    [Fact]
    public void The_table_of_the_catalogue_is_current() => GeneratedFile.AssertCurrent(Repository.PathOf("docs", "catalogue.md"), CatalogueTable.Text());

    [Fact]
    public void No_page_exists_for_a_removed_rule() =>
        Assert.All(Directory.EnumerateFiles(Repository.PathOf("docs", "rules")), file => Assert.NotNull(RuleCatalog.Find(Path.GetFileNameWithoutExtension(file))));

    [Fact]
    public void The_table_of_the_README_is_current()
    {
        var file = Repository.PathOf("README.md");
        var readme = File.ReadAllText(file);
        var begin = readme.IndexOf(TableBegins, StringComparison.Ordinal) + TableBegins.Length;
        var end = readme.IndexOf(TableEnds, StringComparison.Ordinal);

        GeneratedFile.AssertCurrent(file, readme[..begin] + RuleDocumentation.Table() + readme[end..]);
    }
}
