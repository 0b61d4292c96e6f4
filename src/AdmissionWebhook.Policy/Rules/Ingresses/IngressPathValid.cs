using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Other Ingresses decide whether ingress-nginx reads a path as a regular expression. Rule ingress-path-overlap reports a query or a fragment in a path.</summary>
public sealed class IngressPathValid() : ValidationRule<Ingress>(
    "ingress-path-valid",
    "Hosts, paths and secret names of an Ingress are plain: no directives, no patterns that have no effect or do not compile, no relative elements.",
    "Controllers write these values into their configuration. The API server accepts a path with a line break and a directive (CVE-2021-25745). Its author can read the"
    + " secrets of the controller, or stop it for everybody. A pattern in an Exact or Prefix path matches no request, or the controller rejects the Ingress later."
    + " One regular expression that does not compile stops every further change of nginx, for all namespaces.")
{
    private static readonly Parameter<ImmutableArray<string>> Forbidden = Parameter.TextList(
        "forbidden", ["/etc", "/root", "/var/run/secrets", "/var/run/kubernetes"], "Paths that point to files of the controller, each with the paths below it.");

    private static readonly Parameter<bool> AllowAnnotatedPatterns = Parameter.Flag(
        "allowAnnotatedPatterns", false, "Whether an Exact or Prefix path may be a pattern if use-regex or rewrite-target of ingress-nginx is set. ingress-nginx before 1.12 read it as a pattern.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Forbidden, AllowAnnotatedPatterns, NginxAnnotationRule.Prefix];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var forbidden = context.Parameters.Get(Forbidden);
        var found = IsPlain(ingress, forbidden) ? [] : Find(ingress, context, forbidden);
        return RegexLocations.Concern(ingress, context.Parameters.Get(NginxAnnotationRule.Prefix)) ? found.Concat(RegexLocations.Uncompilable(ingress, context)) : found;
    }

    /// <summary>Whether all values are plain, as in most Ingresses.</summary>
    private static bool IsPlain(Ingress ingress, ImmutableArray<string> forbidden)
    {
        foreach (var rule in ingress.Rules)
        {
            if (HostFault(rule.Host) is not null)
                return false;

            foreach (var path in rule.Paths)
            {
                if (path.Path is { Length: > 0 } written && !PathSyntax.IsPlain(written, forbidden))
                    return false;
            }
        }

        foreach (var tls in ingress.Tls)
        {
            foreach (var host in tls.Hosts)
            {
                if (HostFault(host) is not null)
                    return false;
            }

            if (tls.SecretName is { } secret && PathSyntax.NameFault(secret) is not null)
                return false;
        }

        return true;
    }

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context, ImmutableArray<string> forbidden)
    {
        foreach (var rule in ingress.Rules)
        {
            if (HostFault(rule.Host) is { } hostFault)
                yield return new(rule.At / "host", $"host \"{Shorten(rule.Host.Name)}\" {hostFault}", "Use a plain DNS name");

            foreach (var path in rule.Paths)
            {
                if (path.Path is { Length: > 0 } written && Judge(path.At / "path", written, path.PathType, ingress, context, forbidden) is { } violation)
                    yield return violation with { Value = written };
            }
        }

        foreach (var tls in ingress.Tls)
        {
            for (var i = 0; i < tls.Hosts.Length; i++)
            {
                if (HostFault(tls.Hosts[i]) is { } hostFault)
                    yield return new(FieldPath.Spec / "tls" / tls.Index / "hosts" / i, $"host \"{Shorten(tls.Hosts[i].Name)}\" {hostFault}", "Use a plain DNS name");
            }

            if (tls.SecretName is { } secret && PathSyntax.NameFault(secret) is { } fault)
                yield return new(FieldPath.Spec / "tls" / tls.Index / "secretName", $"secret name \"{Shorten(secret)}\" {fault}", "Use the name of a Secret in this namespace");
        }
    }

    private static Violation? Judge(FieldPath at, string path, string? pathType, Ingress ingress, RuleContext context, ImmutableArray<string> forbidden)
    {
        if (PathSyntax.IsPlain(path, forbidden))
            return null;

        var shown = Shorten(path);
        if (PathSyntax.ForbiddenPlace(path, forbidden) is { } place)
            return new(at, $"path \"{shown}\" must not point to files of the controller at {place}", "Use another path");
        if (PathSyntax.InjectionFault(pathType is "ImplementationSpecific" ? PathSyntax.WithoutGroupNames(path) : path) is { } injection)
            return new(at, $"path \"{shown}\" {injection}", "Write a plain path");
        if (!path.StartsWith('/'))
            return new(at, $"path \"{shown}\" must begin with /", $"Write /{shown}");

        var isPattern = PathSyntax.IsPattern(path);
        if (isPattern && pathType is "Exact" or "Prefix")
            return (context.Parameters.Get(AllowAnnotatedPatterns) && IsAnnotated(ingress)) || MayEndWithStar(path, ingress, context) ? null
                : new(at, $"path \"{shown}\" is a pattern, which is not supported by pathType {pathType}", Remedy(path, shown, pathType));

        return !isPattern && PathSyntax.DetourFault(path) is { } detour ? new(at, $"path \"{shown}\" {detour}", "Write the path as clients request it") : null;
    }

    /// <summary>A star at the end is no pattern to some controllers. Nothing is reported while nobody knows which controller serves the class.</summary>
    private static bool MayEndWithStar(string path, Ingress ingress, RuleContext context) =>
        path.EndsWith('*')
        && !PathSyntax.IsPattern(path[..^1])
        && ServingController.Of(ingress, context.Cluster) is ({ ReadsTrailingStar: true }, _) or (null, not null);

    private static string Remedy(string path, string shown, string pathType) =>
        pathType == "Prefix" && path.EndsWith("/*", StringComparison.Ordinal) && !PathSyntax.IsPattern(path[..^2])
            ? $"Write {(shown.Length == 2 ? "/" : shown[..^2])}; it already matches every path below"
            : "Use a plain path, or pathType ImplementationSpecific if the controller reads patterns";

    private static bool IsAnnotated(Ingress ingress) =>
        ingress.Metadata.Annotations["nginx.ingress.kubernetes.io/rewrite-target"] is not null || GoText.IsTrue(ingress.Metadata.Annotations["nginx.ingress.kubernetes.io/use-regex"])
        || ingress.Metadata.Annotations["nginx.org/path-regex"] is "case_sensitive" or "case_insensitive";

    private static string? HostFault(Host host) => host.IsAny ? null : PathSyntax.NameFault(host.Name.Replace("*", "", StringComparison.Ordinal));

    private static string Shorten(string text) => Printable.Shorten(text, 80);
}
