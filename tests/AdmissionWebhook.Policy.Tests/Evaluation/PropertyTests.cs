using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.State;
using FsCheck;
using FsCheck.Fluent;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

/// <summary>What holds of every rule, whatever it is given: new rules are covered by being in the catalogue and having samples.</summary>
public sealed class PropertyTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Every rule at its strictest, with the parameters that its samples give it.</summary>
    private static readonly ImmutableArray<PolicySet> Everything =
    [
        .. from sample in RuleSample.Files.Select(RuleSample.Read)
           group sample.Policies by sample.Rule into policies
           from policy in policies.DistinctBy(policy => policy.Revision)
           select policy,
    ];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(800).WithReplay(20261121, 7);

    [Fact]
    public void No_rule_fails_on_any_value_of_the_schema()
    {
        var asked = new HashSet<string>();
        var cases = from objects in Gen.ListOf(SchemaValues.Objects, 6)
                    from operation in Gen.Choose(0, 3)
                    select (objects, operation);

        Prop.ForAll(cases.ToArbitrary(), drawn =>
        {
            var objects = drawn.objects.Select(Read).ToList();
            var cluster = ClusterState.Empty.With(objects);
            foreach (var policies in Everything)
            {
                var rule = policies.Policies.SelectMany(policy => policy.Rules).First().Rule;
                foreach (var target in objects.Where(target => rule.Kinds.Contains(target.Kind)))
                {
                    var decision = PolicyEngine.Decide(SubjectOf(target, objects, drawn.operation, rule.Phase), policies, cluster);
                    asked.Add(rule.Id);
                    Assert.DoesNotContain(decision.Findings, finding => finding.Status == FindingStatus.Failed);
                }
            }
        }).Check(Many);

        Assert.Equal(RuleCatalog.All.Select(rule => rule.Id).Order(), asked.Order());
    }

    [Fact]
    public void Findings_do_not_depend_on_the_order_in_which_other_objects_arrive()
    {
        var found = 0;
        var cases = from objects in Gen.ListOf(SchemaValues.Objects, 16)
                    from order in Gen.Shuffle(Enumerable.Range(0, 16).ToArray())
                    select (objects, order);

        Prop.ForAll(cases.ToArbitrary(), drawn =>
        {
            // Of two objects of one name the later replaces the earlier, which is no question of order among others.
            var objects = drawn.objects.Select(Read).DistinctBy(each => each.Reference).ToList();
            var shuffled = drawn.order.Where(index => index < objects.Count).Select(index => objects[index]).ToList();
            var (one, other) = (ClusterState.Empty.With(objects), shuffled.Aggregate(ClusterState.Empty, (state, each) => state.With(each)));
            foreach (var policies in Everything)
            {
                var rule = policies.Policies.SelectMany(policy => policy.Rules).First().Rule;
                foreach (var target in objects.Where(target => rule.Kinds.Contains(target.Kind)).Take(2))
                {
                    var subject = SubjectOf(target, objects, rule.Operations.HasFlag(Operation.Create) ? 0 : 2, rule.Phase);
                    var expected = Tell(PolicyEngine.Decide(subject, policies, one));
                    found += expected.Count;
                    Assert.Equal(expected, Tell(PolicyEngine.Decide(subject, policies, other)));
                }
            }
        }).Check(Many.WithMaxTest(300));

        Assert.True(found > 1000, $"only {found} findings were compared");
    }

    private static Subject SubjectOf(KubernetesObject target, List<KubernetesObject> objects, int operation, AdmissionPhase phase) => operation switch
    {
        0 => new() { Phase = phase, Operation = Operation.Create, Object = target, Time = Now },
        1 => new() { Phase = phase, Operation = Operation.Update, Object = target, OldObject = objects.Last(other => other.Kind == target.Kind), Time = Now },
        2 => new() { Phase = phase, Operation = Operation.Delete, OldObject = target, Time = Now },
        _ => Subject.OfAudit(target, Now) with { Phase = phase },
    };

    private static List<string> Tell(Decision decision) =>
        [.. decision.Findings.Select(finding => $"{finding.Status} {finding.Enforcement} {finding} {string.Join(' ', finding.Violation.RestsOn)}"), .. decision.Patch.Select(operation => operation.ToString())];

    private static KubernetesObject Read(JsonObject json)
    {
        var kind = ResourceKind.Find((string)json["apiVersion"]!, (string)json["kind"]!)!;
        return kind.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), (string)json["apiVersion"]!, "default");
    }
}
