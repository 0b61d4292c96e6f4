using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>The API server rejects a new Ingress with both, but lets an update add the second one. GKE reads only the annotation.</summary>
public sealed class IngressClassAnnotation() : ValidationRule<Ingress>(
    "ingress-class-annotation",
    "An Ingress names its class only in spec.ingressClassName.",
    "Kubernetes 1.18 deprecated the annotation, and controllers differ in which one they read first. With two different classes, two controllers may serve one Ingress, or none.")
{
    private static readonly Parameter<bool> AllowAnnotation =
        Parameter.Flag("allowAnnotation", false, "Whether the annotation is allowed if it does not contradict the field.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [AllowAnnotation];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var effective = context.Cluster.ClassOf(ingress);
        foreach (var (annotation, named) in ingress.AnnotatedClasses)
        {
            var at = FieldPath.Metadata / "annotations" / annotation;
            if (named != effective.Name)
                yield return new(at, $"class \"{named}\" contradicts class \"{effective.Name}\" in {(effective.Annotation is null ? "spec.ingressClassName" : $"annotation {effective.Annotation}")}", "Remove the annotation") { Beside = effective.Field };
            else if (annotation == Ingress.ClassAnnotation && !context.Parameters.Get(AllowAnnotation) && IngressController.OfClassName(named) is not { HasNoClassObject: true })
                yield return new(at, $"is deprecated; it names class \"{named}\"", Remedy(ingress, named));
        }
    }

    /// <summary>The class name of AKS contains a slash, which the name of an IngressClass cannot have.</summary>
    private static string Remedy(Ingress ingress, string named) => ingress.ClassName is not null ? "Remove the annotation"
        : named.Contains('/', StringComparison.Ordinal) ? "Set spec.ingressClassName to the IngressClass of the controller instead (kubectl get ingressclasses)"
        : $"Set spec.ingressClassName: {named} instead";
}
