using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Rules;

/// <summary>
/// No other rule looks at what this one denies. An object that exists and is too large may shrink, and its labels may change; its spec may not change otherwise while
/// more of it stands there than the webhook reads, since nobody could say what the rest does.
/// </summary>
public sealed class ObjectSize() : ValidationRule<KubernetesObject>(
    "object-size",
    "An object holds no more than any real application needs.",
    "The API server stores a Service with 50,000 ports or an Ingress with 70,000 hosts, and every controller, node and webhook in the cluster pays for it.")
{
    private static readonly ImmutableArray<(Bound Bound, Parameter<int> Most)> Bounds =
        [.. Bound.All.Select(bound => (bound, Parameter.NumberUpTo(bound.Name, bound.Usual, bound.Most, $"The most {bound.What}; {bound.Most} are read.")))];

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
