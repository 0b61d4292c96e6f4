using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Configuration;

/// <summary>The policies of config/policies.</summary>
public sealed class PresetTests
{
    private static readonly string Folder = Repository.PathOf("config", "policies");

    /// <summary>What depends on more than the webhook: leave to read Secrets, an issuer of certificates, annotations of one's own.</summary>
    private static readonly ImmutableArray<string> LeftToTheReader = ["ingress-tls-secret", "ingress-default-tls", "ingress-default-annotations"];

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder).Select(file => Path.GetFileNameWithoutExtension(file))];

    [Fact]
    public void A_preset_exists_for_each_stage_of_a_rollout() =>
        Assert.Equal(["gitops", "observe", "organisation", "strict"], Directory.EnumerateFiles(Folder).Select(file => Path.GetFileNameWithoutExtension(file)).Order());

    [Theory, MemberData(nameof(Names))]
    public void Each_preset_is_named_after_its_file_and_sets_every_rule_except_those_for_manifests(string name)
    {
        var policy = Read(name);

        Assert.Equal(name, policy.Name);
        Assert.Equal(RuleCatalog.All.Where(rule => !rule.IsForManifests).Select(rule => rule.Id), policy.Rules.Select(active => active.Rule.Id));
    }

    [Fact]
    public void The_built_in_policy_is_the_preset_organisation() => Assert.Equal(Settings("organisation"), Settings(PolicySet.Default.Policies.Single()));

    [Fact]
    public void Observe_audits_every_rule_except_object_size_and_sets_no_defaults() =>
        Assert.All(Read("observe").Rules.Where(active => active.Rule.Id != "object-size"), active => Assert.Equal(active.Rule is MutationRule || LeftToTheReader.Contains(active.Rule.Id) ? Enforcement.Off : Enforcement.Audit, active.Enforcement));

    [Fact]
    public void Gitops_relaxes_only_rules_about_missing_objects() =>
        Assert.Equal(["ingress-backend-service-exists Warn", "ingress-class-exists Warn"], Settings("gitops").Except(Settings("organisation")));

    /// <summary>A denial that rests on absence alone is one that an empty cluster gives and a full one does not.</summary>
    [Fact]
    public void Gitops_denies_nothing_in_an_empty_cluster_because_of_missing_objects()
    {
        var policies = new PolicySet([Read("gitops")], [], "");

        var denials = RuleSample.Files.Select(RuleSample.Read).SelectMany(sample => PolicyEngine.Decide(sample.Subject with { Phase = AdmissionPhase.Validating }, policies, ClusterState.Empty).Denials).ToList();

        Assert.NotEmpty(denials);
        Assert.All(denials, denial => Assert.Empty(denial.Violation.RestsOn));
    }

    [Fact]
    public void Strict_is_at_least_as_strict_as_organisation_for_every_rule()
    {
        var organisation = Read("organisation").Rules;

        Assert.All(Read("strict").Rules.Zip(organisation), pair => Assert.True(pair.First.Enforcement >= pair.Second.Enforcement, pair.First.Rule.Id));
        Assert.All(Read("strict").Rules.Where(active => !LeftToTheReader.Contains(active.Rule.Id)), active => Assert.Equal(active.Rule.Enforcements.Max(), active.Enforcement));
    }

    private static IEnumerable<string> Settings(string name) => Settings(Read(name));

    private static IEnumerable<string> Settings(TrafficPolicy policy) => policy.Rules.Select(active => $"{active.Rule.Id} {active.Enforcement}");

    private static TrafficPolicy Read(string name)
    {
        var file = Path.Combine(Folder, name + ".yaml");
        var errors = new List<SourceError>();
        var policies = PolicySet.Read(Manifest.ReadAll(file, File.ReadAllText(file), errors), errors);
        Assert.Empty(errors);
        return policies!.Policies.Single();
    }
}
