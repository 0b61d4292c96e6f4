using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>The API server refuses to create an Ingress with both, but lets an update add the other one. GKE knows its classes by the annotation alone.</summary>
public sealed class IngressClassAnnotation() : ValidationRule<Ingress>(
    "ingress-class-annotation",
    "An Ingress names its class in spec.ingressClassName alone.",
    "The annotation was deprecated in Kubernetes 1.18, and controllers differ in what they read first: with two different classes, two of them may serve one Ingress, or none.")
{
    private static readonly Parameter<bool> AllowAnnotation =
        Parameter.Flag("allowAnnotation", false, "Whether the annotation may be used as long as it does not contradict the field.");

    private static readonly FieldPath At = FieldPath.Metadata / "annotations" / Ingress.ClassAnnotation;

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [AllowAnnotation];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        if (ingress.AnnotatedClass is not { } annotation)
            return [];

        if (ingress.ClassName is { } field && field != annotation)
            return [new(At, $"names class \"{annotation}\", and spec.ingressClassName names \"{field}\"", "Remove the annotation") { Beside = FieldPath.Spec / "ingressClassName" }];

        return context.Parameters.Get(AllowAnnotation) || IngressController.OfClassName(annotation)?.Id == "gce"
            ? []
            : [new(At, $"names class \"{annotation}\" in the old way", ingress.ClassName is null ? $"Set spec.ingressClassName: {annotation} instead" : "Remove the annotation")];
    }
}
