using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class OldViolationPlaceTests
{
    private const string Web = "{apiVersion: v1, kind: Service, metadata: {name: web}}";

    [Fact]
    public void A_violation_that_was_not_checked_before_is_not_old()
    {
        var violation = At(0);

        Assert.Empty(OldAmong(stored: [violation with { IsUnchecked = true }], now: [violation]));
        Assert.Equal([violation], OldAmong(stored: [violation], now: [violation]));
    }

    [Fact]
    public void A_violation_stays_old_when_its_neighbour_moves()
    {
        Assert.Equal([Beside(2, 1)], OldAmong(stored: [Beside(1, 0)], now: [Beside(2, 1)]));
        Assert.Empty(OldAmong(stored: [Beside(1, 0)], now: [Beside(1, 0) with { Message = "says something else" }]));
    }

    [Fact]
    public void Each_of_two_equal_stored_violations_makes_one_violation_old()
    {
        Assert.Equal([At(0), At(2)], OldAmong(stored: [At(0), At(1)], now: [At(0), At(2), At(3)]));
    }

    [Fact]
    public void A_moved_violation_does_not_replace_one_in_the_same_place()
    {
        Assert.Equal([At(1)], OldAmong(stored: [At(1)], now: [At(0), At(1)]));
    }

    private static Violation At(int port) => new(Port(port), "is wrong", "Mend it");

    private static Violation Beside(int port, int other) => new(Port(port), $"is the same as {Port(other)}", "Drop one") { Beside = Port(other) };

    private static FieldPath Port(int index) => FieldPath.Spec / "ports" / index;

    private static IEnumerable<Violation> OldAmong(Violation[] stored, Violation[] now)
    {
        var policy = new TrafficPolicy("telling", NamespaceScope.All, false, [new(new TellingRule(stored, now), Enforcement.Deny, ParameterValues.Defaults)]);
        var decision = PolicyEngine.Decide(Update(Web, Web), PolicySet.None with { Policies = [policy] }, ClusterState.Empty);
        Assert.Equal(now.Length, decision.Findings.Length);
        return decision.Findings.Where(finding => finding.Status == FindingStatus.Old).Select(finding => finding.Violation);
    }

    private sealed class TellingRule(Violation[] stored, Violation[] now) : ValidationRule<Service>("telling-rule", "Tells.", "Tells.")
    {
        protected override IEnumerable<Violation> Check(Service subject, RuleContext context) => context.Subject.IsAudit ? stored : now;
    }
}
