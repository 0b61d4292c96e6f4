using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// Named after the first controller with snippets, but covers all: the catalogue of each controller marks its snippets. Rule service-snippet covers
/// Services.
/// </summary>
public sealed class IngressNginxSnippet() : ReadAnnotationRule(
    "ingress-nginx-snippet",
    "No annotation adds text to the configuration of an Ingress controller.",
    "A user who can write a snippet can read every Secret that the controller can, including TLS keys of all namespaces. The user can also answer for every host (CVE-2021-25742). This holds for ingress-nginx, NGINX Ingress Controller and both HAProxy controllers.")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Snippets that are allowed, by name without the prefix: `configuration-snippet`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed, NginxAnnotationRule.Prefix];

    /// <inheritdoc/>
    protected override bool Concerns(in ReadAnnotation annotation) => annotation.AddsConfiguration;

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Judge(ReadAnnotation annotation, Ingress ingress, RuleContext context)
    {
        if (context.Parameters.Get(Allowed).Contains(annotation.Name))
            yield break;

        yield return new(
            annotation.At,
            $"is not allowed, because it adds text to the configuration of {annotation.Reader}, which also serves other namespaces",
            "Use an annotation for the one setting that you need")
        { Value = annotation.Value };
    }
}
