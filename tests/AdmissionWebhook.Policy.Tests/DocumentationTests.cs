using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests;

/// <summary>Links in the Markdown files of the repository lead somewhere.</summary>
public sealed partial class DocumentationTests
{
    private static readonly ImmutableArray<string> NotOurs = [".git", "artifacts", "bin", "obj", "TestResults"];

    public static TheoryData<string> Pages =>
        [.. PagesBelow(Repository.Root).Select(page => Path.GetRelativePath(Repository.Root, page)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Pages))]
    public void Each_relative_link_of_a_page_leads_to_a_file_and_a_heading(string page) =>
        Assert.DoesNotContain(Links(page), link => !Exists(page, link));

    [Fact]
    public void The_map_of_the_documentation_names_each_page()
    {
        var pages = Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md").Select(page => Path.GetFileName(page)).ToHashSet();

        Assert.Subset(Links(Path.Combine("docs", "README.md")).Append("README.md").ToHashSet(), pages);
    }

    [Theory]
    [InlineData("docs/callers.md", "policies.md", true)]
    [InlineData("docs/callers.md", "#http2", true)]
    [InlineData("README.md", "docs/callers.md#http2", true)]
    [InlineData("README.md", "docs/rules", true)]
    [InlineData("README.md", "docs/no-such-page.md", false)]
    [InlineData("README.md", "docs/callers.md#no-such-heading", false)]
    public void Finds_a_link_only_if_its_file_and_heading_exist(string page, string link, bool exists) => Assert.Equal(exists, Exists(page, link));

    private static bool Exists(string page, string link)
    {
        var (path, anchor) = link.Split('#', 2) is [var before, var after] ? (before, after) : (link, null);
        var target = path.Length == 0 ? Repository.PathOf(page) : Path.GetFullPath(path, Path.GetDirectoryName(Repository.PathOf(page))!);
        return anchor is null ? Path.Exists(target) : File.Exists(target) && Headings(target).Contains(anchor);
    }

    private static IEnumerable<string> Links(string page) =>
        from link in Link().Matches(Prose(Repository.PathOf(page)))
        let target = link.Groups["target"].Value
        where !target.Contains(':', StringComparison.Ordinal)
        select target;

    /// <summary>The anchor of a heading: its words in lower case, joined by hyphens.</summary>
    private static IEnumerable<string> Headings(string file) =>
        Heading().Matches(Prose(file)).Select(match => NotInAnchors().Replace(match.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    private static string Prose(string file) => Code().Replace(File.ReadAllText(file), "");

    private static IEnumerable<string> PagesBelow(string folder) =>
        Directory.EnumerateFiles(folder, "*.md")
            .Concat(Directory.EnumerateDirectories(folder).Where(below => !NotOurs.Contains(Path.GetFileName(below))).SelectMany(PagesBelow));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w -]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex("^ *```.*?^ *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
