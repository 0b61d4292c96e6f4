using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>The comparison is with the standard channel of Gateway API 1.5. An Ingress that is of a frozen class already may be changed: the ratchet sees to that.</summary>
public sealed class IngressMigration() : NginxAnnotationRule(
    "ingress-migration",
    "An Ingress can be moved to the Gateway API, and no new one is of a class that is going away.",
    "ingress-nginx is no longer maintained. What its annotations do and no route can do is what a migration fails on in the end, and every new Ingress makes it longer.",
    Enforcement.Audit)
{
    private static readonly Parameter<bool> Annotations =
        Parameter.Flag("annotations", true, "Whether annotations of ingress-nginx for which the Gateway API has nothing are told of.");

    private static readonly Parameter<ImmutableArray<string>> FrozenClasses =
        Parameter.TextList("frozenClasses", "Classes that take no new Ingress.");

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
            yield return new(effective.Field, $"class \"{name}\" takes no new Ingress", "Use a route of the Gateway API, or another class");
    }

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        foreach (var annotation in annotations)
        {
            if (annotation.Known is { Gateway: null })
                yield return new(annotation.At, "has no equivalent in the Gateway API", "Do without it, or let the application do it");
        }
    }
}
