using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Tells only where the IngressClass says for certain who serves the Ingress: a name of a class is no proof.</summary>
public sealed class IngressAnnotationController() : ValidationRule<Ingress>(
    "ingress-annotation-controller",
    "The annotations of an Ingress are those of the controller that serves it.",
    "No controller reads another's annotations. After a change of class, or of the tutorial, authentication and limits are written down and not in force.",
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

            // Field and annotation may have a controller each.
            if (context.Cluster.ClassOf(ingress).Name is not { } className || ingress.NamedClasses.Any(other => other != className))
                yield break;

            var known = context.Cluster.Find<IngressClass>(null, className);
            var serving = known.Found?.KnownController;
            if (serving is not null && serving != owner && serving.Annotations.Find(key) is null)
            {
                yield return new(FieldPath.Metadata / "annotations" / key, $"is an annotation of {owner}, and class \"{className}\" is served by {serving}, which does not read it", $"Use what {serving} has for it, or remove it")
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
