using System.Globalization;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Only for controllers whose limits are annotations. A named plugin or middleware counts as a limit, because only its object shows what it does.</summary>
public sealed class IngressRateLimitRequired() : ValidationRule<Ingress>(
    "ingress-rate-limit-required",
    "An Ingress limits the requests of one client.",
    "One client, by mistake or on purpose, can keep the backends and the controller busy. All other clients wait.",
    Enforcement.Warn)
{
    private static readonly Parameter<ImmutableArray<string>> Further =
        Parameter.TextList("annotations", "Additional annotations that count as a limit, with any value.");

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
            ? [new(FieldPath.Metadata / "annotations", $"a rate limit of {controller!.Name} is required", $"Set {limits[0]}")]
            : [new(FieldPath.Metadata / "annotations" / zero, $"\"{annotations[zero]}\" sets no limit", "Set a number above zero")];
    }

    private static bool IsSet(string? value) =>
        !string.IsNullOrWhiteSpace(value) && !(int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number <= 0);
}
