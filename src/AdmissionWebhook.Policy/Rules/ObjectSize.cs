using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Rules;

/// <summary>
/// No other rule validates an object that this rule denies. An update may shrink an object that is too large, or change its labels. Its spec must not change
/// otherwise while the object has more than the webhook reads: the webhook does not know what the rest does.
/// </summary>
public sealed class ObjectSize() : ValidationRule<KubernetesObject>(
    "object-size",
    "An object is no larger than a real application needs.",
    "The API server stores a Service with 50,000 ports or an Ingress with 70,000 hosts. Every controller, node and webhook in the cluster pays for it.")
{
    private static readonly ImmutableArray<(Bound Bound, Parameter<int> Most)> Bounds =
        [.. Bound.All.Select(bound => (bound, Parameter.NumberUpTo(bound.Name, bound.Usual, bound.Most, $"How many {bound.What} an object may have. The webhook reads at most {bound.Most}.")))];

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [.. Bounds.Select(each => each.Most)];

    /// <inheritdoc/>
    public override bool IsGate => true;

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(KubernetesObject subject, RuleContext context)
    {
        List<Violation>? violations = null;
        foreach (var (bound, parameter) in Bounds)
        {
            if (subject.CountOf(bound) is var count && count > context.Parameters.Get(parameter))
                (violations ??= []).Add(Judge(bound, count, context.Parameters.Get(parameter), context.Subject));
        }

        return violations ?? [];
    }

    private static Violation Judge(Bound bound, int count, int most, Subject subject) =>
        new(bound.Field, $"must not have more than {most} {bound.What}", "Split it into several objects")
        {
            CountsOnUpdate = (subject.OldObject is { } old && old.CountOf(bound) < count) || (count > bound.Most && subject.ChangesSpec),
        };
}
