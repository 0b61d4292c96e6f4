using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Services are looked up. Of Secrets and ConfigMaps only what is written is judged: they are never read.</summary>
public sealed class IngressAnnotationReference() : NginxAnnotationRule(
    "ingress-annotation-reference",
    "What an annotation of ingress-nginx names can be there.",
    "A Secret of another namespace, or a name that is none, makes ingress-nginx answer 503 to every request of the Ingress, long after it was let in.")
{
    private static readonly Parameter<bool> AllowCrossNamespace =
        Parameter.Flag("allowCrossNamespace", false, "Whether ingress-nginx runs with `allow-cross-namespace-resources`, so that a Secret or ConfigMap may be another namespace's.");

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

    private static Violation? OfName(NginxAnnotation annotation, AnnotationReference refers, string space, bool allowCrossNamespace)
    {
        var parts = annotation.Value.Trim().Split('/');
        if (parts.Length > 2 || parts.Any(part => part.Length == 0))
            return new(annotation.At, $"\"{annotation.Shown}\" is no name of a {refers.Kind}, and ingress-nginx answers 503 to every request", $"Write {space}/NAME");
        if (parts.Length == 1)
            return refers.NeedsNamespace ? new(annotation.At, $"names {refers.Kind} \"{annotation.Shown}\" without its namespace, and ingress-nginx answers 503 to every request", $"Write {space}/{annotation.Shown}") : null;
        return parts[0] == space || allowCrossNamespace || refers.MayCross ? null
            : new(annotation.At, $"names {refers.Kind} {annotation.Shown} of another namespace, which ingress-nginx does not use: it answers 503 to every request", $"Use a {refers.Kind} of namespace {space}");
    }

    /// <summary>Passwords need a Secret that holds them.</summary>
    private static Violation? OfUsers(NginxAnnotation annotation, Ingress ingress, RuleContext context) =>
        ingress.Metadata.Annotations[$"{context.Parameters.Get(Prefix)}/auth-secret"] is { Length: > 0 } ? null
            : new(annotation.At, "asks for passwords, and auth-secret names no Secret with users: ingress-nginx answers 503 to every request", "Add auth-secret");

    /// <summary>What is outside the cluster, or holds variables, nobody can look up. Ports are let be: of a headless Service any will do.</summary>
    private static Violation? OfUrl(NginxAnnotation annotation, RuleContext context)
    {
        var url = annotation.Value.Trim();
        if (url.Contains('$', StringComparison.Ordinal))
            return null;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            return new(annotation.At, $"\"{annotation.Shown}\" has no scheme or no host, and ingress-nginx answers 503 to every request or leaves it out", "Write http://HOST/PATH or https://HOST/PATH");

        return uri.Host.TrimEnd('.').Split('.') is [var name, var space, "svc", .. [] or ["cluster", "local"]] ? OfService(annotation, space, name, context) : null;
    }

    private static Violation? OfService(NginxAnnotation annotation, string space, string name, RuleContext context)
    {
        var service = context.Cluster.Find<Service>(space, name);
        return service switch
        {
            { IsUnknown: true } => Violation.Unchecked(annotation.At, service.Reference),
            { IsMissing: true } => new(annotation.At, $"there is no Service \"{name}\" in namespace {space}", "Create it first, or correct the name") { RestsOn = [service.Reference] },
            _ => null,
        };
    }
}
