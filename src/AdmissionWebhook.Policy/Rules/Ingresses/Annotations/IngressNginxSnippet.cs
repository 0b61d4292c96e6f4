using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Those of NGINX Ingress Controller (nginx.org) are snippets too. A name that merely ends like one counts: newer versions have more of them.</summary>
public sealed class IngressNginxSnippet() : NginxAnnotationRule(
    "ingress-nginx-snippet",
    "No annotation writes into the configuration of nginx.",
    "Who may write a snippet can read every Secret that the controller can, TLS keys of all namespaces among them, and answer for every host (CVE-2021-25742).")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Snippets that may be used, by their names behind the prefix: `configuration-snippet`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed, Prefix];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        foreach (var annotation in annotations)
        {
            if (IsSnippet(annotation.Name) && !context.Parameters.Get(Allowed).Contains(annotation.Name))
                yield return Judge(annotation.Key, annotation.Value);
        }
    }

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        ingress.Metadata.Annotations.Entries.Any(entry => IsSnippet(entry.Key)) ? base.Check(ingress, context).Concat(CheckNginx(ingress, context)) : [];

    private static IEnumerable<Violation> CheckNginx(Ingress ingress, RuleContext context)
    {
        foreach (var (key, value) in ingress.Metadata.Annotations.Entries)
        {
            if (!IsSnippet(key) || !IngressController.Nginx.Owns(key) || context.Parameters.Get(Allowed).Contains(key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]))
                continue;

            var could = context.Cluster.CouldBeServedBy(IngressController.Nginx, ingress);
            if (could is not false)
                yield return could is true ? Judge(key, value) : Unchecked(Judge(key, value), ingress, context);
        }
    }

    private static bool IsSnippet(string name) => name.EndsWith("-snippet", StringComparison.Ordinal) || name.EndsWith("-snippets", StringComparison.Ordinal);

    private static Violation Judge(string key, string value) =>
        new(FieldPath.Metadata / "annotations" / key, "writes into the configuration of nginx, which serves other namespaces too", "Use an annotation that does the one thing that is needed") { Value = value };
}
