using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class RuleCatalogTests
{
    public static TheoryData<string> Ids => [.. RuleCatalog.All.Select(rule => rule.Id)];

    [Fact]
    public void Every_rule_class_is_in_the_catalogue_exactly_once()
    {
        var classes = typeof(RuleCatalog).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Rule)) && !type.IsAbstract);

        Assert.Equal(classes.OrderBy(type => type.Name), RuleCatalog.All.Select(rule => rule.GetType()).OrderBy(type => type.Name));
    }

    [Fact]
    public void No_two_rules_share_an_id_or_a_summary()
    {
        Assert.Distinct(RuleCatalog.All.Select(rule => rule.Id));
        Assert.Distinct(RuleCatalog.All.Select(rule => rule.Summary));
    }

    [Fact]
    public void No_two_ids_have_the_same_words() => Assert.Distinct(RuleCatalog.All.Select(rule => string.Join('-', rule.Id.Split('-').Order(StringComparer.Ordinal))));

    [Fact]
    public void The_id_of_a_default_says_so() =>
        Assert.All(RuleCatalog.All, rule => Assert.Equal(rule is MutationRule, rule.Id.Split('-') is [_, "default", ..]));

    [Theory, MemberData(nameof(Ids))]
    public void The_class_of_a_rule_matches_its_id_and_its_texts_are_sentences(string id)
    {
        var rule = RuleCatalog.Find(id)!;

        Assert.Matches("^[a-z]+(-[a-z]+)+$", id);
        Assert.Equal(id.Replace("-", "", StringComparison.Ordinal), rule.GetType().Name.ToLowerInvariant());
        Assert.EndsWith(".", rule.Summary, StringComparison.Ordinal);
        Assert.EndsWith(".", rule.Why, StringComparison.Ordinal);
        Assert.All(rule.Parameters, parameter => Assert.Matches("^[a-z][A-Za-z]+$", parameter.Name));
        Assert.All(rule.Parameters, parameter => Assert.EndsWith(".", parameter.Summary, StringComparison.Ordinal));
        Assert.Contains(rule.ByDefault, rule.Enforcements);
    }

    [Theory, MemberData(nameof(Ids))]
    public void A_rule_has_samples_of_both_results(string id)
    {
        // A rule that only warns has no sample that it denies.
        var endings = RuleSample.Files.Where(file => Path.GetDirectoryName(file) == id)
            .Select(file => Path.GetFileName(file) is var name && name.StartsWith("allowed-with-a-warning-", StringComparison.Ordinal) ? "denied" : name.Split('-')[0]).Distinct().Order();

        Assert.Equal(RuleCatalog.Find(id) is MutationRule ? ["filled", "kept"] : ["allowed", "denied"], endings);
    }

    [Fact]
    public void Every_folder_of_samples_belongs_to_a_rule() =>
        Assert.All(Directory.EnumerateDirectories(RuleSample.Folder), folder => Assert.NotNull(RuleCatalog.Find(Path.GetFileName(folder))));

    [Theory, MemberData(nameof(Ids))]
    public void A_rule_declares_exactly_the_kinds_that_it_looks_up(string id)
    {
        var rule = RuleCatalog.Find(id)!;
        var looked = new HashSet<ResourceKind>();

        foreach (var sample in RuleSample.Files.Where(file => Path.GetDirectoryName(file) == id).Select(RuleSample.Read))
        {
            foreach (var state in new[] { sample.Cluster, ClusterState.Unknown, ClusterState.Empty })
                PolicyEngine.Decide(sample.Subject, sample.Policies, state.Recording(looked));
        }

        Assert.Equal(rule.Reads.Select(kind => kind.Name).Order(), looked.Select(kind => kind.Name).Order());
    }
}
