using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.IngressClasses;

/// <summary>If there are two defaults, the API server uses the newer one.</summary>
public sealed class IngressClassSingleDefault() : ValidationRule<IngressClass>(
    "ingress-class-single-default",
    "At most one IngressClass is the default, and its annotation has a value that Kubernetes reads.",
    "A second default silently takes every new Ingress without a class from the first. Only the value \"true\" makes a class the default.")
{
    private static readonly FieldPath Field = FieldPath.Metadata / "annotations" / IngressClass.DefaultAnnotation;

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(IngressClass ingressClass, RuleContext context)
    {
        var written = ingressClass.Metadata.Annotations[IngressClass.DefaultAnnotation];
        if (!ingressClass.IsDefault)
        {
            if (written is not (null or "false"))
                yield return new(Field, $"\"{written}\" does not make this class the default", "Write \"true\" or \"false\"");
            yield break;
        }

        if (!context.Cluster.Knows(ResourceKind.IngressClass))
            yield return Violation.Unchecked(Field, ResourceKind.IngressClass);

        var others = context.Cluster.DefaultClasses.Where(other => other.Metadata.Name != ingressClass.Metadata.Name).OrderBy(other => other.Metadata.Name, StringComparer.Ordinal).ToList();
        if (others.Count > 0)
        {
            yield return new(Field, $"IngressClass {string.Join(", ", others.Select(other => other.Metadata.Name))} is already the default", "Remove the annotation from one of them first")
            {
                RestsOn = [.. others.Select(other => other.Reference)],
            };
        }
    }
}
