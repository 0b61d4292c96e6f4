using System.Collections.Frozen;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Policy.Tests.Rules;

/// <summary>
/// A rule's work is linear in what it looks at: twice as much of anything costs no more than two and a half times as much, in time and in memory. It is doubled
/// twice, since one doubling can be the one with which the objects leave the processor's cache. A new rule is covered by being in the catalogue and having samples;
/// one of a kind without shapes fails.
/// </summary>
[CollectionDefinition(nameof(RuleGrowthTests), DisableParallelization = true), Collection(nameof(RuleGrowthTests))]
public sealed class RuleGrowthTests
{
    private const int Times = 4;
    private const double Most = 2.5 * 2.5;

    /// <summary>Below these, a timer's tick or a list's first four entries decide.</summary>
    private const double FloorMilliseconds = 2;
    private const long FloorBytes = 100_000;

    private const int Retries = 8;

    /// <summary>The budget of a review is 20 ms of processor time as it is shipped. Without optimisation, and beside other tests, the same takes four times as long.</summary>
    private const double BudgetMilliseconds = 80;

    /// <summary>Every rule at its strictest, with each set of parameters that its samples give it.</summary>
    private static readonly FrozenDictionary<string, PolicySet> Policies = RuleSample.Files.Select(RuleSample.Read)
        .GroupBy(sample => sample.Rule.Id, sample => sample.Policies)
        .ToFrozenDictionary(samples => samples.Key, samples => samples.First() with { Policies = [.. samples.DistinctBy(policies => policies.Revision).SelectMany(policies => policies.Policies)] });

    public static TheoryData<string> Ids => RuleCatalogTests.Ids;

    public static TheoryData<string> Shapes => [.. GrowthShape.All.Select(shape => shape.ToString())];

    [Theory, MemberData(nameof(Ids))]
    public void Work_of_a_rule_grows_no_faster_than_its_objects(string id)
    {
        var rule = RuleCatalog.Find(id)!;
        var found = 0;

        foreach (var kind in rule.Kinds)
        {
            var shapes = GrowthShape.All.Where(shape => shape.Kind == kind).ToList();
            Assert.NotEmpty(shapes);
            foreach (var shape in shapes)
            {
                foreach (var operation in OperationsOf(rule))
                    found += Compare(shape, operation, rule, Policies[id]);
            }
        }

        Assert.True(found > 0, "no shape makes the rule find anything, so nothing of it was measured");
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_largest_object_stays_within_the_budget_of_a_review(string name)
    {
        var shape = GrowthShape.All.Single(shape => shape.ToString() == name);

        var best = double.MaxValue;
        for (var run = 0; run < Retries && best > BudgetMilliseconds; run++)
            best = Math.Min(best, Measure(shape, shape.Most, run % 2 == 0 ? Operation.Create : Operation.Update, PolicySet.Default).Milliseconds);

        Assert.True(best <= BudgetMilliseconds, $"{best:F1} ms");
    }

    private static IEnumerable<Operation> OperationsOf(Rule rule) =>
        rule.Operations == Operation.None ? [Operation.None] : new[] { Operation.Create, Operation.Update, Operation.Delete }.Where(operation => rule.Operations.HasFlag(operation));

    /// <summary>How much was found in the larger one.</summary>
    private static int Compare(GrowthShape shape, Operation operation, Rule rule, PolicySet policies)
    {
        Measure(shape, 2, operation, policies, rule);
        var (small, large) = (Measure(shape, shape.Most / Times, operation, policies, rule), Measure(shape, shape.Most, operation, policies, rule));
        for (var retry = 0; retry < Retries && !IsLinear(small, large); retry++)
            (small, large) = (small.Least(Measure(shape, shape.Most / Times, operation, policies, rule)), large.Least(Measure(shape, shape.Most, operation, policies, rule)));

        Assert.True(IsLinear(small, large), $"{shape.Most / Times} and {shape.Most} of {shape} on {operation}: {small.Milliseconds:F2} and {large.Milliseconds:F2} ms, {small.Bytes:N0} and {large.Bytes:N0} bytes");
        return large.Found;
    }

    private static bool IsLinear(Cost small, Cost large) =>
        (large.Milliseconds < FloorMilliseconds || large.Milliseconds <= Most * Math.Max(small.Milliseconds, FloorMilliseconds / Times))
        && (large.Bytes < FloorBytes || large.Bytes <= Most * Math.Max(small.Bytes, FloorBytes / Times));

    private static Cost Measure(GrowthShape shape, int count, Operation operation, PolicySet policies, Rule? rule = null)
    {
        var (subject, cluster) = shape.Make(count, operation);
        subject = subject with { Phase = rule?.Phase ?? AdmissionPhase.Validating, SubResource = rule?.SubResource };
        Decision? decision = null;
        var cost = ThreadCost.Of(() => decision = PolicyEngine.Decide(subject, policies, cluster));
        Assert.DoesNotContain(decision!.Findings, finding => finding.Status == FindingStatus.Failed);
        return new(cost.Time.TotalMilliseconds, cost.Bytes, decision.Findings.Length + decision.Patch.Length);
    }

    private readonly record struct Cost(double Milliseconds, long Bytes, int Found)
    {
        public Cost Least(Cost other) => other with { Milliseconds = Math.Min(Milliseconds, other.Milliseconds), Bytes = Math.Min(Bytes, other.Bytes) };
    }
}
