using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>Decides one request: a pure function of the request, the policies and the cluster state.</summary>
public static class PolicyEngine
{
    /// <summary>Nobody reads more. An object of a few megabytes can have tens of thousands.</summary>
    private const int MostViolations = 200;

    private static readonly FieldPath Annotations = FieldPath.Metadata / "annotations";

    /// <summary>
    /// Runs the rules of the subject's phase and applies the policies to their findings. An object that only finalizers keep is
    /// not validated until its spec or annotations change, and deleting it again is allowed. Never throws: a rule that fails or exceeds the budget
    /// denies if it would deny a violation (<see cref="TrafficPolicy.OnError"/>).
    /// </summary>
    /// <param name="subject">The request.</param>
    /// <param name="policies">The policies and exemptions in force.</param>
    /// <param name="cluster">The other objects.</param>
    /// <param name="budget">The limit of work; null for the usual limit without a deadline.</param>
    public static Decision Decide(Subject subject, PolicySet policies, ClusterState cluster, Budget? budget = null)
    {
        if (subject.Target is not { } target || (target.Metadata.IsBeingDeleted && (subject.Operation == Operation.Delete || !subject.ConcernsTraffic)))
            return Decision.Allow;

        budget ??= new(Budget.UsualSteps);
        cluster = cluster.Within(budget);
        var (findings, lookups) = (new FindingList(), new Lookups(cluster));
        var patch = subject.Phase == AdmissionPhase.Mutating ? new OrderedDictionary<FieldPath, PatchOperation>() : null;
        foreach (var policy in policies.Policies)
        {
            budget.TurnTo(advice: false);
            var covers = Covers(policy, target, cluster);
            if (covers is false)
                continue;

            foreach (var active in policy.RulesFor(subject.Phase, target.Kind))
            {
                if (!IsFor(active.Rule, subject))
                    continue;

                budget.TurnTo(advice: active is { Rule: ValidationRule, Enforcement: not Enforcement.Deny });
                var context = new RuleContext(subject, lookups, active.Parameters);
                var exempting = new ExemptionCheck(policy, active, policies.Exemptions);
                if (active.Rule is ValidationRule validation)
                    Validate(validation, active, covers is null ? policy : null, exempting, context, findings);
                else if (active.Rule is MutationRule mutation && covers is true)
                    Mutate(mutation, active.Enforcement, exempting, context, findings, patch!);

                // Nothing that follows can change the answer: an object that is too large is not validated further, and a decision without budget does not continue.
                if ((active.Rule.IsGate || budget.IsSpent) && findings.Denies)
                    return new(findings.ToImmutable(), []);
            }
        }

        return findings.IsEmpty && patch is not { Count: > 0 }
            ? Decision.Allow
            : new(findings.ToImmutable(), patch is null ? [] : [.. MissingParents(target, patch.Values), .. patch.Values]);
    }

    /// <summary>A policy applies if its scope is unknown because of a bug or for lack of budget.</summary>
    private static bool? Covers(TrafficPolicy policy, KubernetesObject target, ClusterState cluster)
    {
        try
        {
            return policy.Covers(target, cluster);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            return true;
        }
    }

    private static bool IsFor(Rule rule, Subject subject) =>
        rule.SubResource == subject.SubResource
        && (subject.IsAudit ? rule.JudgesStored : subject.Operation != Operation.None && rule.Operations.HasFlag(subject.Operation));

    /// <summary>Annotations are the only map that rules fill and that objects often lack.</summary>
    private static IEnumerable<PatchOperation> MissingParents(KubernetesObject target, IEnumerable<PatchOperation> patch) =>
        !target.Metadata.HasAnnotations && patch.Any(operation => Annotations.Equals(operation.Field.Parent)) ? [new(Annotations, new JsonObject())] : [];

    private static void Validate(ValidationRule rule, ActiveRule active, TrafficPolicy? uncertain, ExemptionCheck exempting, RuleContext context, FindingList findings)
    {
        try
        {
            // An update collects all violations; otherwise a new one could hide behind many old ones.
            if (Collect(rule, context, context.Subject.IsJudgedByChange ? int.MaxValue : MostViolations + 1) is { } violations)
                Tell(violations, rule, active, uncertain, exempting, context, findings);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            findings.Add(Failure(rule, bug, uncertain is null && CanDeny(active, exempting, context.Subject) ? Enforcement.Deny : Enforcement.Warn));
        }
    }

    /// <summary>
    /// Whether a rule that did not decide denies. This includes updates, even if the stored object has violations: it is unknown what the update makes worse.
    /// </summary>
    private static bool CanDeny(ActiveRule active, ExemptionCheck exempting, Subject subject)
    {
        try
        {
            return active.Enforcement == Enforcement.Deny && exempting.Policy.OnError == ErrorAnswer.Deny && subject.ConcernsTraffic && exempting.Find(subject) is null;
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            return true;
        }
    }

    /// <summary>Null if there are no violations, the usual case.</summary>
    private static List<Violation>? Collect(ValidationRule rule, RuleContext context, int most)
    {
        var found = rule.Run(context.Subject.Target!, context);
        if (found is Violation[] { Length: 0 })
            return null;

        List<Violation>? violations = null;
        foreach (var violation in found)
        {
            context.Cluster.Spend(1);

            // A violation that cannot deny fills the list, but never hides one that can.
            if (violations?.Count == most)
                violations[^1] = violation;
            else
                (violations ??= []).Add(violation);
            if (violations.Count == most && CouldDeny(violation))
                break;
        }

        return violations;
    }

    private static bool CouldDeny(Violation violation) => violation is { IsUnchecked: false, IsAdvice: false };

    private static void Tell(
        List<Violation> violations, ValidationRule rule, ActiveRule active, TrafficPolicy? uncertain, ExemptionCheck exempting, RuleContext context, FindingList findings)
    {
        if (exempting.Find(context.Subject) is { } pass)
        {
            Add(violations, violation => Judge(rule, Enforcement.Off, violation, FindingStatus.Exempted) with { Exemption = violation.IsUnchecked ? null : pass });
        }
        else if (uncertain is not null)
        {
            Add(violations, violation => Judge(rule, active.Enforcement, Unchecked(violation, uncertain)));
        }
        else
        {
            var old = active.Enforcement == Enforcement.Deny ? OldAmong(violations, rule, exempting, context) : [];
            Add([.. violations.Where(violation => !old.Contains(violation))], violation => Judge(rule, active.Enforcement, violation));
            Add([.. violations.Where(old.Contains)], violation => Judge(rule, Enforcement.Warn, violation, FindingStatus.Old));
        }

        void Add(List<Violation> some, Func<Violation, Finding> judge)
        {
            foreach (var violation in some.Take(MostViolations))
                findings.Add(judge(violation));
            if (some.Count <= MostViolations)
                return;

            var next = some.Skip(MostViolations).FirstOrDefault(CouldDeny) ?? some[MostViolations];
            findings.Add(judge(next with { Field = FieldPath.Root, Message = $"more violations are not shown after the first {MostViolations}", Remedy = "Fix these first", Beside = null }));
        }
    }

    /// <summary>
    /// The violations that do not deny an update. Both copies are validated against the same current state. A violation is not old if the policy did
    /// not apply before the update: an Ingress could start with a class outside the policy, or as the Ingress of an ACME solver.
    /// </summary>
    private static HashSet<Violation> OldAmong(List<Violation> violations, ValidationRule rule, ExemptionCheck exempting, RuleContext context)
    {
        var subject = context.Subject;
        if (!subject.IsJudgedByChange)
            return [];
        if (!subject.ConcernsTraffic)
            return [.. violations];

        violations = violations.FindAll(violation => !violation.CountsOnUpdate);
        if (violations.Count == 0)
            return [];

        var before = subject with { Object = subject.OldObject, OldObject = null, IsAudit = true };
        return exempting.Active.Ratchet.AppliesAt(subject.Time) && exempting.JudgesStored(before, context.Cluster)
            ? OldViolations.Among(violations, Collect(rule, context with { Subject = before }, int.MaxValue) ?? [])
            : [];
    }

    private static void Mutate(
        MutationRule rule, Enforcement enforcement, ExemptionCheck exempting, RuleContext context, FindingList findings, OrderedDictionary<FieldPath, PatchOperation> patch)
    {
        try
        {
            var target = context.Subject.Target!;
            var policy = exempting.Policy;
            if (exempting.Find(context.Subject) is not null)
                return;

            foreach (var operation in rule.Run(target, context))
            {
                if (IsMalformed(operation.Field, target) || (Annotations.Equals(operation.Field.Parent) && !target.Metadata.IsWritten))
                    continue;

                var value = operation.Value.ToJsonString();
                if (enforcement == Enforcement.Suggest)
                {
                    findings.Add(Tell(rule, enforcement, new(operation.Field, $"is not set; the default would be {value}", "Add it to the manifest")));
                }
                else if (!patch.TryGetValue(operation.Field, out var earlier))
                {
                    patch.Add(operation.Field, operation);
                    if (policy.TellsDefaults)
                        findings.Add(Tell(rule, enforcement, new(operation.Field, $"was not set; the policy sets {value}", "Add it to the manifest")));
                }
                else if (earlier.Value.ToJsonString() is var first && first != value)
                {
                    findings.Add(Tell(rule, Enforcement.Warn, new(operation.Field, $"one policy sets {first}, but policy \"{policy.Name}\" would set {value}", "Set it in only one policy")));
                }
            }
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            findings.Add(Failure(rule, bug, Enforcement.Warn));
        }
    }

    /// <summary>A field with the wrong type is not absent: field-type-valid reports it.</summary>
    private static bool IsMalformed(FieldPath field, KubernetesObject target) =>
        target.Malformed.Any(known => known.Field.Equals(field) || known.Field.Equals(field.Parent));

    private static Finding Judge(Rule rule, Enforcement enforcement, Violation violation, FindingStatus status = FindingStatus.Violated) => violation.IsUnchecked
        ? new(rule, violation, Enforcement.Off, FindingStatus.Unchecked)
        : new(rule, violation, violation.IsAdvice && enforcement == Enforcement.Deny ? Enforcement.Warn : enforcement, status);

    private static Finding Tell(Rule rule, Enforcement enforcement, Violation violation) => new(rule, violation, enforcement, FindingStatus.Violated);

    private static Violation Unchecked(Violation violation, TrafficPolicy policy) =>
        new(violation.Field, $"not checked: it is unknown whether policy \"{policy.Name}\" applies to this object", "") { IsUnchecked = true };

    private static Finding Failure(Rule rule, Exception failure, Enforcement enforcement) => new(
        rule,
        failure is BudgetSpentException
            ? new(FieldPath.Root, $"this rule did not finish, because {failure.Message}", "Split the object, or use fewer hosts and paths")
            : new(FieldPath.Root, $"this rule failed because of a bug in the webhook: {failure.GetType().Name}: {failure.Message}", "Report this bug"),
        enforcement,
        FindingStatus.Failed);
}
