using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Validates the field and the annotation separately, because controllers differ in which of the two they read.</summary>
public sealed class IngressClassAllowed() : ValidationRule<Ingress>(
    "ingress-class-allowed",
    "An Ingress uses a class that its namespace may use.",
    "The class decides which controller serves the traffic. A class for the internet exposes an internal application.")
{
    private static readonly Parameter<ImmutableArray<string>> Classes =
        Parameter.RequiredTextList("classes", "The classes that every namespace may use.");

    private static readonly Parameter<ByNamespace<ImmutableArray<string>>> Namespaces =
        Parameter.TextListByNamespace("namespaces", "Additional classes for namespaces, by name pattern.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Classes, Namespaces];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var allowed = context.Parameters.Get(Classes).AddRange(context.Parameters.Get(Namespaces).For(ingress.Metadata.Namespace).SelectMany(further => further));
        var effective = context.Cluster.ClassOf(ingress);
        var remedy = allowed.IsEmpty ? "The policy allows no class" : $"Use {string.Join(" or ", allowed)}";

        if (!effective.IsKnown)
            yield return Violation.Unchecked(effective.Field, ResourceKind.IngressClass);
        else if (effective.Name is null)
            yield return new(effective.Field, "is required, because the cluster has no default class", remedy);
        else if (!allowed.Contains(effective.Name))
            yield return new(effective.Field, $"class \"{effective.Name}\" is not allowed in namespace \"{ingress.Metadata.Namespace}\"", remedy);

        foreach (var (annotation, other) in ingress.AnnotatedClasses.Where(named => named.Annotation != effective.Annotation && !allowed.Contains(named.Class)))
            yield return new(FieldPath.Metadata / "annotations" / annotation, $"class \"{other}\" is not allowed in namespace \"{ingress.Metadata.Namespace}\"", "Remove the annotation");
    }
}
