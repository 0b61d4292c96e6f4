using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// A rule about annotations of any controller. Reports nothing if the controller certainly does not serve the Ingress, and unchecked if that is
/// unknown. A class with an unknown controller may belong to any known one under another name.
/// </summary>
/// <param name="id">See <see cref="Rule.Id"/>.</param>
/// <param name="summary">See <see cref="Rule.Summary"/>.</param>
/// <param name="why">See <see cref="Rule.Why"/>.</param>
/// <param name="byDefault">See <see cref="Rule.ByDefault"/>.</param>
public abstract class ReadAnnotationRule(string id, string summary, string why, Enforcement byDefault = Enforcement.Deny)
    : ValidationRule<Ingress>(id, summary, why, byDefault)
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <summary>Whether the rule covers an annotation; called for each annotation of every Ingress.</summary>
    protected abstract bool Concerns(in ReadAnnotation annotation);

    /// <summary>All violations of an annotation that the rule covers.</summary>
    protected abstract IEnumerable<Violation> Judge(ReadAnnotation annotation, Ingress ingress, RuleContext context);

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var prefix = context.Parameters.Get(NginxAnnotationRule.Prefix);
        List<ReadAnnotation>? annotations = null;
        foreach (var (key, value) in ingress.Metadata.Annotations.Entries)
        {
            if (ReadAnnotation.Of(key, value, prefix) is { } annotation && Concerns(annotation))
                (annotations ??= []).Add(annotation);
            if (ReadAnnotation.OfAnyPrefix(key, value) is { } bare && Concerns(bare))
                (annotations ??= []).Add(bare);
        }

        return annotations is null ? [] : JudgeAll(annotations, ingress, context);
    }

    private IEnumerable<Violation> JudgeAll(List<ReadAnnotation> annotations, Ingress ingress, RuleContext context)
    {
        var serving = new Dictionary<IngressController, bool?>();
        foreach (var annotation in annotations)
        {
            if (!serving.TryGetValue(annotation.Reader, out var could))
                serving[annotation.Reader] = could = context.Cluster.CouldBeServedBy(annotation.Reader, ingress);
            if (could is false)
                continue;

            foreach (var violation in Judge(annotation, ingress, context))
                yield return could is true ? violation : NginxAnnotationRule.Unchecked(violation, ingress, context);
        }
    }
}
