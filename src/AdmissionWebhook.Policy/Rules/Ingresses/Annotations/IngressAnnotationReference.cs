using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Looks up Services. Validates only the names of Secrets and ConfigMaps, which are never read.</summary>
public sealed class IngressAnnotationReference() : NginxAnnotationRule(
    "ingress-annotation-reference",
    "Objects that annotations of ingress-nginx name can exist.",
    "If a Secret is in another namespace or its name is invalid, ingress-nginx answers 503 to every request of the Ingress. This shows only long after admission.")
{
    private static readonly Parameter<bool> AllowCrossNamespace =
        Parameter.Flag("allowCrossNamespace", false, "Whether ingress-nginx runs with `allow-cross-namespace-resources`, so that a Secret or ConfigMap may be in another namespace.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [AllowCrossNamespace, Prefix];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        foreach (var annotation in annotations)
        {
            if (annotation is not { Known: { Refers: { } refers } known, Value.Length: > 0 } || !known.Value.Accepts(annotation.Value) || IngressAnnotationOrphan.MissingFor(ingress, known, context.Parameters.Get(Prefix)) is not null)
                continue;

            var violation = refers.Kind switch
            {
                "Service" => OfService(annotation, ingress.Metadata.Namespace ?? "", annotation.Value, context),
                "URL" => OfUrl(annotation, context),
                "Users" => OfUsers(annotation, ingress, context),
                _ => OfName(annotation, refers, ingress.Metadata.Namespace ?? "", context.Parameters.Get(AllowCrossNamespace)),
            };
            if (violation is not null)
                yield return violation;
        }
    }

    private static Violation? OfName(NginxAnnotation annotation, AnnotationReference refers, string @namespace, bool allowCrossNamespace)
    {
        var parts = annotation.Value.Trim().Split('/');
        if (parts.Length > 2 || parts.Any(part => part.Length == 0))
            return new(annotation.At, $"\"{annotation.Shown}\" is not a valid name of a {refers.Kind}; ingress-nginx answers 503 to every request", $"Write {@namespace}/NAME");
        if (parts.Length == 1)
            return refers.NeedsNamespace ? new(annotation.At, $"{refers.Kind} \"{annotation.Shown}\" must include its namespace; ingress-nginx answers 503 to every request", $"Write {@namespace}/{annotation.Shown}") : null;
        return parts[0] == @namespace || allowCrossNamespace || refers.MayCross ? null
            : new(annotation.At, $"{refers.Kind} \"{annotation.Shown}\" must not be in another namespace; ingress-nginx answers 503 to every request", $"Use a {refers.Kind} in namespace \"{@namespace}\"");
    }

    /// <summary>Password authentication needs a Secret with users.</summary>
    private static Violation? OfUsers(NginxAnnotation annotation, Ingress ingress, RuleContext context) =>
        ingress.Metadata.Annotations[$"{context.Parameters.Get(Prefix)}/auth-secret"] is { Length: > 0 } ? null
            : new(annotation.At, "requires auth-secret with the name of a Secret with users; ingress-nginx answers 503 to every request", "Add auth-secret");

    /// <summary>Does not check names outside the cluster, or with variables. Does not check ports: a headless Service accepts any.</summary>
    private static Violation? OfUrl(NginxAnnotation annotation, RuleContext context)
    {
        var url = annotation.Value.Trim();
        if (url.Contains('$', StringComparison.Ordinal))
            return null;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            return new(annotation.At, $"\"{annotation.Shown}\" must have a scheme and a host; ingress-nginx answers 503 to every request or ignores it", "Write http://HOST/PATH or https://HOST/PATH");

        return uri.Host.TrimEnd('.').Split('.') is [var name, var @namespace, "svc", .. [] or ["cluster", "local"]] ? OfService(annotation, @namespace, name, context) : null;
    }

    private static Violation? OfService(NginxAnnotation annotation, string @namespace, string name, RuleContext context)
    {
        var service = context.Cluster.Find<Service>(@namespace, name);
        return service switch
        {
            { IsUnknown: true } => Violation.Unchecked(annotation.At, service.Reference),
            { IsMissing: true } => new(annotation.At, $"Service \"{name}\" does not exist in namespace \"{@namespace}\"", "Create the Service first, or correct the name") { RestsOn = [service.Reference] },
            _ => null,
        };
    }
}
