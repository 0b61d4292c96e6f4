using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Checks the class that takes effect: from the field, the annotation or the default.</summary>
public sealed class IngressClassExists() : ValidationRule<Ingress>(
    "ingress-class-exists",
    "An Ingress has a class, and an IngressClass of that name exists.",
    "No controller serves an Ingress whose class does not exist, and none reports it.")
{
    private static readonly Parameter<bool> IncludeAnnotation =
        Parameter.Flag("includeAnnotation", true, "Whether a class that only the deprecated annotation names must exist too. Controllers can serve such a class without an IngressClass.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [IncludeAnnotation];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var effective = context.Cluster.ClassOf(ingress);
        if (!effective.IsKnown)
            return [Violation.Unchecked(effective.Field, ResourceKind.IngressClass)];
        if (effective.Name is null && context.Cluster.ControllerOf(ingress) is not null)
            return [];
        if (effective.Name is null)
            return [new(effective.Field, ingress.NamesClass ? "must not be empty; the default class does not replace an empty class" : "is required, because the cluster has no default class", "Set spec.ingressClassName")];
        if (ingress.ClassName is null && (!context.Parameters.Get(IncludeAnnotation) || HasNoObject(effective.Name)))
            return [];

        var found = context.Cluster.Find<IngressClass>(null, effective.Name);
        return found.IsUnknown ? [Violation.Unchecked(effective.Field, found.Reference)]
            : found.IsMissing ? [new(effective.Field, $"IngressClass \"{effective.Name}\" does not exist", "Use an existing class (kubectl get ingressclasses)") { RestsOn = [found.Reference] }]
            : [];
    }

    /// <summary>GKE has no IngressClass for its own classes. The class name of AKS contains a slash, which no object name can have.</summary>
    private static bool HasNoObject(string annotated) =>
        IngressController.OfClassName(annotated) is { } known && (known.HasNoClassObject || annotated.Contains('/', StringComparison.Ordinal));
}
