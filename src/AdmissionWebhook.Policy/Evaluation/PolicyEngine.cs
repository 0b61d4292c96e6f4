using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>Judges one request: a pure function of the request, the policies and what is known of the cluster.</summary>
public static class PolicyEngine
{
    /// <summary>Nobody reads more, and an object of a few megabytes can hold tens of thousands.</summary>
    private const int MostViolations = 200;

    /// <summary>Runs the rules of the subject's phase and gathers what the policies make of their findings. Never throws.</summary>
    public static Decision Decide(Subject subject, PolicySet policies, ClusterState cluster)
    {
        if (subject.Target is not { } target)
            return Decision.Allow;

        var findings = new FindingList();
        var patch = new OrderedDictionary<FieldPath, PatchOperation>();
        foreach (var policy in policies.Policies)
        {
            var covers = policy.Namespaces.Covers(target.Metadata.Namespace, cluster);
            if (covers is false)
                continue;

            foreach (var active in policy.Rules)
            {
                if (active.Enforcement == Enforcement.Off || !IsFor(active.Rule, subject))
                    continue;

                var context = new RuleContext(subject, cluster, active.Parameters);
                if (active.Rule is ValidationRule validation)
                    Validate(validation, active.Enforcement, covers is null ? policy : null, context, findings);
                else if (active.Rule is MutationRule mutation && covers is true)
                    Mutate(mutation, active.Enforcement, policy, context, findings, patch);
            }
        }

        return findings.IsEmpty && patch.Count == 0 ? Decision.Allow : new(findings.ToImmutable(), [.. patch.Values]);
    }

    private static bool IsFor(Rule rule, Subject subject) =>
        rule.Phase == subject.Phase && subject.Operation != Operation.None && rule.Operations.HasFlag(subject.Operation) && rule.Kinds.Contains(subject.Target!.Kind);

    private static void Validate(ValidationRule rule, Enforcement enforcement, TrafficPolicy? uncertain, RuleContext context, FindingList findings)
    {
        try
        {
            var count = 0;
            foreach (var violation in rule.Run(context.Subject.Target!, context))
            {
                if (++count > MostViolations)
                {
                    findings.Add(Judge(rule, enforcement, new(FieldPath.Root, $"there is more of the kind; the first {MostViolations} are listed", "Mend these first")));
                    break;
                }

                findings.Add(Judge(rule, enforcement, uncertain is null ? violation : Doubt(violation, uncertain, context.Subject)));
            }
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            findings.Add(Failure(rule, bug));
        }
    }

    private static void Mutate(MutationRule rule, Enforcement enforcement, TrafficPolicy policy, RuleContext context, FindingList findings, OrderedDictionary<FieldPath, PatchOperation> patch)
    {
        try
        {
            // A field that could not be read is not absent: field-type-valid tells of it.
            var malformed = context.Subject.Target!.Malformed;
            foreach (var operation in rule.Run(context.Subject.Target, context).Where(operation => !malformed.Any(known => known.Field.Equals(operation.Field))))
            {
                var value = operation.Value.ToJsonString();
                if (enforcement == Enforcement.Suggest)
                {
                    findings.Add(Tell(rule, enforcement, new(operation.Field, $"is absent and would be set to {value}", "Write it into the manifest")));
                }
                else if (!patch.TryGetValue(operation.Field, out var earlier))
                {
                    patch.Add(operation.Field, operation);
                    if (policy.TellsDefaults)
                        findings.Add(Tell(rule, enforcement, new(operation.Field, $"was absent and is set to {value}", "Write it into the manifest")));
                }
                else if (earlier.Value.ToJsonString() is var first && first != value)
                {
                    findings.Add(Tell(rule, Enforcement.Warn, new(operation.Field, $"is set to {first} by one policy, and {policy.Name} would set it to {value}", "Let one policy set it")));
                }
            }
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            findings.Add(Failure(rule, bug));
        }
    }

    private static Finding Judge(Rule rule, Enforcement enforcement, Violation violation) => violation.IsUnchecked
        ? new(rule, violation, Enforcement.Off, FindingStatus.Unchecked)
        : new(rule, violation, enforcement, FindingStatus.Violated);

    private static Finding Tell(Rule rule, Enforcement enforcement, Violation violation) => new(rule, violation, enforcement, FindingStatus.Violated);

    private static Violation Doubt(Violation violation, TrafficPolicy policy, Subject subject) =>
        new(violation.Field, $"not checked: whether policy {policy.Name} speaks for namespace {subject.Target!.Metadata.Namespace} is not known", "")
        {
            IsUnchecked = true,
        };

    private static Finding Failure(Rule rule, Exception bug) => new(
        rule,
        new(FieldPath.Root, $"the rule failed and was passed over: {bug.GetType().Name}: {bug.Message}", "This is a bug of the webhook, please report it"),
        Enforcement.Warn,
        FindingStatus.Failed);
}
