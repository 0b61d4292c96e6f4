using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>The class is the one that takes effect, however it is named.</summary>
public sealed class IngressClassExists() : ValidationRule<Ingress>(
    "ingress-class-exists",
    "An Ingress has a class, and there is an IngressClass of that name.",
    "No controller serves an Ingress of a class that does not exist, and none says so.")
{
    private static readonly Parameter<bool> IncludeAnnotation =
        Parameter.Flag("includeAnnotation", true, "Whether a class named by the old annotation alone must exist too; controllers can serve such a class without an IngressClass.");

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
        if (effective.Name is null)
            return [new(effective.Field, ingress.NamesClass ? "names the empty class, in the place of which no default class is set" : "names no class, and the cluster has no default class", "Set spec.ingressClassName")];
        if (ingress.ClassName is null && (!context.Parameters.Get(IncludeAnnotation) || HasNoObject(effective.Name)))
            return [];

        var found = context.Cluster.Find<IngressClass>(null, effective.Name);
        return found.IsUnknown ? [Violation.Unchecked(effective.Field, found.Reference)]
            : found.IsMissing ? [new(effective.Field, $"there is no IngressClass \"{effective.Name}\"", "Use a class of the cluster (kubectl get ingressclasses)") { RestsOn = [found.Reference] }]
            : [];
    }

    /// <summary>GKE has no IngressClass for its own classes, and no object can have the name with a slash that AKS gives to its class.</summary>
    private static bool HasNoObject(string annotated) =>
        IngressController.OfClassName(annotated) is { } known && (known.HasNoClassObject || annotated.Contains('/', StringComparison.Ordinal));
}
