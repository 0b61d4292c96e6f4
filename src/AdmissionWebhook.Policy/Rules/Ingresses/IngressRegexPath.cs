using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Only for ingress-nginx. Canaries have no paths of their own there.</summary>
public sealed class IngressRegexPath() : ValidationRule<Ingress>(
    "ingress-regex-path",
    "No Ingress turns the paths of another Ingress of the same host into regular expressions.",
    "If one Ingress has use-regex or rewrite-target, ingress-nginx reads every path of its host as the start of a regular expression and ignores case. Path /api of another application then takes /API-docs too, and Exact has no effect.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [NginxAnnotationRule.Prefix];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => context.Lookups.HasHostsToItself(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        var prefix = context.Parameters.Get(NginxAnnotationRule.Prefix);
        var served = ingress.IsCanary ? false : context.Cluster.CouldBeServedBy(IngressController.IngressNginx, ingress);
        if (served is false)
            yield break;

        var mine = RegexLocations.Cause(ingress, prefix);
        if (mine is not null && (served is null || !context.Cluster.Knows(ResourceKind.Ingress)))
            yield return Violation.Unchecked(FieldPath.Metadata / "annotations" / $"{prefix}/{mine}", served is null ? ResourceKind.IngressClass : ResourceKind.Ingress);
        if (served is null)
            yield break;

        var causes = new Dictionary<Ingress, string?>();
        foreach (var host in ingress.RuleHosts)
        {
            if (FirstAt(host, ingress, mine is null, CauseOf, context) is not { } other)
                continue;

            if (mine is not null)
                yield return new(FieldPath.Metadata / "annotations" / $"{prefix}/{mine}", $"must not turn paths of {other.Reference} with the same {Name(host)} into regular expressions", "Use another host, or one Ingress for the host") { RestsOn = [other.Reference] };
            else
                yield return new(Losing(host, ingress, context).First().Field, $"becomes a regular expression, because {other.Reference} with the same {Name(host)} has {CauseOf(other)}", "Use another host, or one Ingress for the host") { RestsOn = [other.Reference] };
        }

        string? CauseOf(Ingress other)
        {
            if (!causes.TryGetValue(other, out var cause))
                causes[other] = cause = RegexLocations.Cause(other, prefix);
            return cause;
        }
    }

    /// <summary>The first other Ingress of a host, by name, that uses regular expressions or, without <paramref name="withRegex"/>, that they would change.</summary>
    private static Ingress? FirstAt(Host host, Ingress ingress, bool withRegex, Func<Ingress, string?> causeOf, RuleContext context)
    {
        if (withRegex && !Losing(host, ingress, context).Any())
            return null;

        Ingress? first = null;
        foreach (var other in context.Cluster.IngressesClaiming(host))
        {
            if ((other.Metadata.Namespace, other.Metadata.Name) != (ingress.Metadata.Namespace, ingress.Metadata.Name)
                && !other.IsCanary
                && (causeOf(other) is not null) == withRegex
                && context.Cluster.ShareRoutes(ingress, other) is true
                && (withRegex ? context.Lookups.ClaimsFor(host, other).Any(claim => !claim.IsAlias) : Losing(host, other, context).Any())
                && (first is null || Order(other, first) < 0))
            {
                first = other;
            }
        }

        return first;
    }

    /// <summary>The claims of a host that a regular expression would change: / stays the same, and ImplementationSpecific promises nothing.</summary>
    private static IEnumerable<HostClaim> Losing(Host host, Ingress ingress, RuleContext context) => context.Lookups.ClaimsFor(host, ingress)
        .Where(claim => !claim.IsAlias && (claim.PathType == "Exact" || (claim.PathType == "Prefix" && claim.PathKey.Length > 0)));

    private static int Order(Ingress a, Ingress b) =>
        string.CompareOrdinal(a.Metadata.Namespace, b.Metadata.Namespace) is var order and not 0 ? order : string.CompareOrdinal(a.Metadata.Name, b.Metadata.Name);

    private static string Name(Host host) => host.IsAny ? "default host" : $"host \"{host}\"";
}
