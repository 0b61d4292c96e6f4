using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>The API server refuses to create an Ingress with both, but lets an update add the other one. GKE knows its classes by the annotation alone.</summary>
public sealed class IngressClassAnnotation() : ValidationRule<Ingress>(
    "ingress-class-annotation",
    "An Ingress names its class in spec.ingressClassName alone.",
    "The annotation was deprecated in Kubernetes 1.18, and controllers differ in what they read first: with two different classes, two of them may serve one Ingress, or none.")
{
    private static readonly Parameter<bool> AllowAnnotation =
        Parameter.Flag("allowAnnotation", false, "Whether the annotation may be used as long as it does not contradict the field.");

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
                yield return new(at, $"names class \"{named}\", and {(effective.Annotation is null ? "spec.ingressClassName" : $"annotation {effective.Annotation}")} names \"{effective.Name}\"", "Remove the annotation") { Beside = effective.Field };
            else if (annotation == Ingress.ClassAnnotation && !context.Parameters.Get(AllowAnnotation) && IngressController.OfClassName(named) is not { HasNoClassObject: true })
                yield return new(at, $"names class \"{named}\" in the old way", ingress.ClassName is null ? $"Set spec.ingressClassName: {named} instead" : "Remove the annotation");
        }
    }
}
