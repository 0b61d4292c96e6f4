using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// Named after the first controller that had them, and about all: the catalogue of each marks its snippets. Those of Services are the business of
/// service-snippet.
/// </summary>
public sealed class IngressNginxSnippet() : ReadAnnotationRule(
    "ingress-nginx-snippet",
    "No annotation writes into the configuration of an Ingress controller.",
    "Who may write a snippet can read every Secret that the controller can, TLS keys of all namespaces among them, and answer for every host (CVE-2021-25742). It is so with ingress-nginx, NGINX Ingress Controller and both controllers of HAProxy.")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Snippets that may be used, by their names behind the prefix: `configuration-snippet`.");

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
            $"writes into the configuration of {annotation.Reader}, which serves other namespaces too",
            "Use an annotation that does the one thing that is needed")
        { Value = annotation.Value };
    }
}
