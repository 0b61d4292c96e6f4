using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Tests.Rules;

public sealed class RuleSampleTests
{
    public static TheoryData<string> Files => [.. RuleSample.Files];

    [Theory, MemberData(nameof(Files))]
    public void A_rule_reports_exactly_the_marked_violations_of_its_sample(string file)
    {
        var sample = RuleSample.Read(file);

        var decision = sample.Decide();

        Assert.Equal(sample.ExpectedViolations, decision.Findings.Select(finding => finding.Field.ToString()));
        Assert.Equal(sample.ExpectedDefaults, decision.Patch.Select(operation => $"{operation.Field.ToPointer()} = {(operation.Value is JsonValue text ? text.ToString() : operation.Value.ToJsonString())}"));
        Assert.All(decision.Findings, finding => Assert.Equal(FindingStatus.Violated, finding.Status));
    }

    [Theory, MemberData(nameof(Files))]
    public void The_file_name_of_a_sample_matches_its_result(string file)
    {
        var sample = RuleSample.Read(file);

        var decision = sample.Decide();

        var ending = Path.GetFileName(file).Split('-')[0];
        Assert.Equal(ending switch { "allowed" => (true, false), "denied" => (false, false), "filled" => (true, true), "kept" => (true, false), _ => default }, (decision.IsAllowed, !decision.Patch.IsEmpty));
        Assert.Contains(ending, sample.Rule.Phase == AdmissionPhase.Mutating ? new[] { "filled", "kept" } : ["allowed", "denied"]);
    }

    [Theory, MemberData(nameof(Files))]
    public void A_message_says_what_is_wrong_and_how_to_fix_it(string file)
    {
        var findings = RuleSample.Read(file).Decide().Findings;

        Assert.All(findings, finding =>
        {
            Assert.NotEmpty(finding.Violation.Remedy);
            Assert.DoesNotMatch(@"\.$|(?<!/)\.\s*\.|\s{2}", finding.Violation.Message);
            Assert.False(finding.Violation.Remedy.EndsWith('.'), finding.Violation.Remedy);
            Assert.True(finding.Violation.Text.Length < 250, finding.Violation.Text);
        });
    }

    [Theory, MemberData(nameof(Files))]
    public void Applying_defaults_twice_changes_nothing(string file)
    {
        var sample = RuleSample.Read(file);
        var json = JsonNode.Parse(sample.Manifest.Json)!;
        foreach (var operation in sample.Decide().Patch)
            operation.ApplyTo(json);
        var filled = sample.Subject with { Object = sample.Subject.Object is null ? null : sample.Manifest.Kind!.Read(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), sample.Manifest.ApiVersion, "default") };

        var again = PolicyEngine.Decide(filled, sample.Policies, sample.Cluster);

        Assert.Empty(again.Patch);
    }

    [Theory, MemberData(nameof(Files))]
    public void An_object_never_conflicts_with_its_own_stored_copy(string file)
    {
        var sample = RuleSample.Read(file);

        var decision = PolicyEngine.Decide(sample.Subject, sample.Policies, sample.Cluster.With(sample.Subject.Target!));

        Assert.Equal(sample.ExpectedViolations, decision.Findings.Select(finding => finding.Field.ToString()));
    }

    [Theory, MemberData(nameof(Files))]
    public void Findings_of_samples_do_not_depend_on_the_order_of_other_objects(string file)
    {
        var sample = RuleSample.Read(file);
        var objects = sample.Cluster.Objects.OrderBy(known => known.Reference.ToString(), StringComparer.Ordinal).ToList();

        var decisions = new[] { objects, [.. objects.AsEnumerable().Reverse()] }.Select(order => PolicyEngine.Decide(sample.Subject, sample.Policies, ClusterState.Empty.With(order)));

        Assert.All(decisions, decision => Assert.Equal<Finding>(sample.Decide().Findings, decision.Findings));
    }

    [Theory, MemberData(nameof(Files))]
    public void Unknown_objects_never_cause_a_denial(string file)
    {
        var sample = RuleSample.Read(file);
        if (sample.Rule.Reads.IsEmpty)
            return;

        var decision = PolicyEngine.Decide(sample.Subject, sample.Policies, ClusterState.Unknown);

        Assert.All(decision.Denials, denial => Assert.Empty(denial.Violation.RestsOn));
    }
}
