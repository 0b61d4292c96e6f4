using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Like ingress-annotation-unknown. Everybody may invent an annotation, so only near misses of known names and annotations of an Ingress are reported.
/// </summary>
public sealed class ServiceAnnotationUnknown() : ValidationRule<Service>(
    "service-annotation-unknown",
    "Every annotation of a Service that looks like one of a known controller is one that the controller reads there.",
    "Controllers ignore unknown annotations. A load balancer with a mistyped annotation is public instead of internal.",
    Enforcement.Warn)
{
    private static readonly Parameter<ImmutableArray<string>> Known =
        Parameter.TextList("known", "Annotations that are known, by their full names. `*` matches any characters.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Known];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (service.Metadata.Annotations.IsEmpty)
            yield break;

        var unread = new UnreadAnnotations(ResourceKind.Service, new(() => null), NginxAnnotation.DefaultPrefix);
        foreach (var (key, _) in service.Metadata.Annotations.Entries)
        {
            var violation = IngressController.OwnerOf(key) is { } owner ? Judge(key, owner) : unread.Judge(key);
            if (violation is not null && !NamePattern.MatchesAny(context.Parameters.Get(Known), key))
                yield return violation;
        }
    }

    private static Violation? Judge(string key, IngressController owner)
    {
        if (!owner.IsComplete || owner.ServiceNames is "")
            return null;

        var at = FieldPath.Metadata / "annotations" / key;
        if (owner.Annotations.Find(key) is null)
            return new(at, $"is not an annotation of {owner.Describes}", "Remove it");
        return owner.IsOnlyForServices(key.AsSpan(key.IndexOf('/', StringComparison.Ordinal) + 1))
            ? null
            : new(at, $"is ignored on a Service; {owner} reads it on an Ingress", "Move it to the Ingress, or remove it");
    }
}
