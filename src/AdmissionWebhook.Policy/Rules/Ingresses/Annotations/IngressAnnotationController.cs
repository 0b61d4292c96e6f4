using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Reports only if the IngressClass proves which controller serves the Ingress: the name of a class is no proof.</summary>
public sealed class IngressAnnotationController() : ValidationRule<Ingress>(
    "ingress-annotation-controller",
    "The annotations of an Ingress belong to the controller that serves it.",
    "A controller ignores annotations of other controllers. After a change of class, authentication and limits are written down but not in force.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        ingress.Metadata.Annotations.Entries.Any(entry => IngressController.OwnerOf(entry.Key) is not null) ? Find(ingress, context) : [];

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        foreach (var (key, _) in ingress.Metadata.Annotations.Entries)
        {
            if (IngressController.OwnerOf(key) is not { } owner)
                continue;

            // The field and the annotation may select different controllers.
            if (context.Cluster.ClassOf(ingress).Name is not { } className || ingress.NamedClasses.Any(other => other != className))
                yield break;

            var known = context.Cluster.Find<IngressClass>(null, className);
            var serving = known.Found?.KnownController;
            if (serving is not null && serving != owner && serving.Annotations.Find(key) is null)
            {
                yield return new(FieldPath.Metadata / "annotations" / key, $"is not supported by {serving}, which serves class \"{className}\"; it is an annotation of {owner}", $"Use the equivalent of {serving}, or remove it")
                {
                    RestsOn = [known.Reference],
                };
            }
            else if (known.IsUnknown && IngressController.OfClassName(className) != owner)
            {
                yield return Violation.Unchecked(FieldPath.Metadata / "annotations" / key, known.Reference);
                yield break;
            }
        }
    }
}
