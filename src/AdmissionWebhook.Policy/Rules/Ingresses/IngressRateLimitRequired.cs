using System.Globalization;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Only for controllers whose limits are annotations. A plugin or a middleware by name may be a limit: only its object tells.</summary>
public sealed class IngressRateLimitRequired() : ValidationRule<Ingress>(
    "ingress-rate-limit-required",
    "An Ingress limits how much one client may ask for.",
    "One client, by mistake or on purpose, can keep the backends and the controller busy, and everybody else waits.",
    Enforcement.Warn)
{
    private static readonly Parameter<ImmutableArray<string>> Further =
        Parameter.TextList("annotations", "Further annotations that stand for a limit, whatever their value.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Further];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var (controller, doubt) = ServingController.Of(ingress, context.Cluster);
        if (doubt is not null)
            return [doubt];

        var annotations = ingress.Metadata.Annotations;
        string? zero = null;
        var limits = controller?.RateLimits ?? [];
        foreach (var limit in limits)
        {
            if (IsSet(annotations[limit]))
                return [];
            zero ??= annotations[limit] is null ? null : limit;
        }

        if (limits.IsEmpty || context.Parameters.Get(Further).Any(further => annotations[further] is not null))
            return [];
        return zero is null
            ? [new(FieldPath.Metadata / "annotations", $"no annotation tells {controller!.Name} to limit requests", $"Set {limits[0]}")]
            : [new(FieldPath.Metadata / "annotations" / zero, $"\"{annotations[zero]}\" limits nothing", "Set a number above zero")];
    }

    private static bool IsSet(string? value) =>
        !string.IsNullOrWhiteSpace(value) && !(int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number <= 0);
}
