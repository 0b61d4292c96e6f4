using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Compares with the standard channel of Gateway API 1.5. The ratchet lets an Ingress that already has a frozen class change.</summary>
public sealed class IngressMigration() : NginxAnnotationRule(
    "ingress-migration",
    "An Ingress can move to the Gateway API, and no new Ingress uses a frozen class.",
    "ingress-nginx is no longer maintained. Annotations that no route can replace block a migration, and every new Ingress makes it longer.",
    Enforcement.Audit)
{
    private static readonly Parameter<bool> Annotations =
        Parameter.Flag("annotations", true, "Whether to report annotations of ingress-nginx that have no equivalent in the Gateway API.");

    private static readonly Parameter<ImmutableArray<string>> FrozenClasses =
        Parameter.TextList("frozenClasses", "Classes that no new Ingress may use.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Annotations, FrozenClasses, Prefix];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        foreach (var violation in context.Parameters.Get(Annotations) ? base.Check(ingress, context) : [])
            yield return violation;

        if (context.Parameters.Get(FrozenClasses) is not { IsEmpty: false } frozen)
            yield break;

        var effective = context.Cluster.ClassOf(ingress);
        if (!effective.IsKnown)
            yield return Violation.Unchecked(effective.Field, ResourceKind.IngressClass);
        else if (effective.Name is { } name && frozen.Contains(name))
            yield return new(effective.Field, $"class \"{name}\" is not allowed for new Ingresses", "Use a route of the Gateway API, or another class");
    }

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        foreach (var annotation in annotations)
        {
            if (annotation.Known is { Gateway: null })
                yield return new(annotation.At, "is not supported by the Gateway API", "Remove it, or move its function into the application");
        }
    }
}
