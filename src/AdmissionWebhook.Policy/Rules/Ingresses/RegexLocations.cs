using System.Buffers;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// The paths that ingress-nginx writes as regular expressions: all paths of a host, if one of its Ingresses asks for that. Canaries have no paths of
/// their own there.
/// </summary>
internal static class RegexLocations
{
    /// <summary>What nginx does about a configuration with an error, as the end of a message.</summary>
    internal const string Consequence = "nginx then loads no new configuration, for any namespace";

    private static readonly SearchValues<char> Special = SearchValues.Create(@"\[](){}*+?|^$");

    /// <summary>The annotation that turns the paths of the hosts of an Ingress into regular expressions; null if there is none.</summary>
    public static string? Cause(Ingress ingress, string prefix)
    {
        if (GoText.IsTrue(Value(ingress, prefix, "use-regex")))
            return "use-regex";

        return RewriteTarget(ingress, prefix) is { } target && ingress.Paths.Any(path => (path.Path ?? "/") != target) ? "rewrite-target" : null;
    }

    /// <summary>The rewrite-target that ingress-nginx uses; null if there is none.</summary>
    public static string? RewriteTarget(Ingress ingress, string prefix) =>
        Value(ingress, prefix, "rewrite-target") is { Length: > 0 } target
        && IngressController.IngressNginx.Annotations.Find($"{NginxAnnotation.DefaultPrefix}/rewrite-target")!.Value.Accepts(target) ? target.Trim() : null;

    /// <summary>A path as ingress-nginx writes it into a location.</summary>
    public static PcrePattern Read(string path) => PcrePattern.Read("^" + path);

    /// <summary>Whether it is worthwhile to look for paths that do not compile.</summary>
    public static bool Concern(Ingress ingress, string prefix)
    {
        foreach (var path in ingress.Paths)
        {
            if (IsSpecial(path.Path))
                return true;
        }

        return Cause(ingress, prefix) is not null;
    }

    /// <summary>The paths that do not compile, of the Ingress and of those whose paths it turns into regular expressions.</summary>
    public static IEnumerable<Violation> Uncompilable(Ingress ingress, RuleContext context)
    {
        var prefix = context.Parameters.Get(NginxAnnotationRule.Prefix);
        var served = ingress.IsCanary ? false : context.Cluster.CouldBeServedBy(IngressController.IngressNginx, ingress);
        if (served is false)
            return [];

        var found = Cause(ingress, prefix) switch
        {
            null => FindTurned(ingress, prefix, context),
            var cause => FindOwn(ingress).Concat(FindOthers(ingress, prefix, cause, context)),
        };
        return served is true ? found : found.Select(violation => NginxAnnotationRule.Unchecked(violation, ingress, context));
    }

    private static IEnumerable<Violation> FindOwn(Ingress ingress)
    {
        foreach (var path in ingress.Paths)
        {
            if (FaultOf(path.Path) is { } fault)
                yield return new(path.At / "path", $"path \"{Show(path.Path)}\" is not a valid regular expression: {Show(fault.Message)}; {Consequence}", fault.Remedy) { Value = path.Path };
        }
    }

    /// <summary>The paths that another Ingress of the host turns into invalid regular expressions.</summary>
    private static IEnumerable<Violation> FindTurned(Ingress ingress, string prefix, RuleContext context)
    {
        var causes = new Dictionary<Ingress, string?>();
        foreach (var rule in ingress.Rules)
        {
            var faulty = rule.Paths.Where(path => FaultOf(path.Path) is not null).ToList();
            if (faulty.Count == 0)
                continue;

            var other = First(rule.Host, ingress, other => CauseOf(other) is not null && context.Lookups.ClaimsFor(rule.Host, other).Any(claim => !claim.IsAlias), context);
            foreach (var path in faulty)
            {
                var fault = FaultOf(path.Path)!;
                if (other is not null)
                    yield return new(path.At / "path", $"path \"{Show(path.Path)}\" becomes an invalid regular expression, because {other.Reference} with the same host has {CauseOf(other)}: {Show(fault.Message)}; {Consequence}", fault.Remedy) { RestsOn = [other.Reference], Value = path.Path };
                else if (!context.Cluster.Knows(ResourceKind.Ingress))
                    yield return Violation.Unchecked(path.At / "path", ResourceKind.Ingress);
            }
        }

        string? CauseOf(Ingress other)
        {
            if (!causes.TryGetValue(other, out var cause))
                causes[other] = cause = Cause(other, prefix);
            return cause;
        }
    }

    /// <summary>The paths of other Ingresses that this one turns into invalid regular expressions.</summary>
    private static IEnumerable<Violation> FindOthers(Ingress ingress, string prefix, string cause, RuleContext context)
    {
        if (context.Lookups.HasHostsToItself(ingress))
            yield break;

        foreach (var host in ingress.RuleHosts)
        {
            if (First(host, ingress, other => FaultyClaim(host, other) is not null, context) is not { } other || Cause(other, prefix) is not null)
                continue;

            var path = FaultyClaim(host, other)!;
            var message = $"turns path \"{Show(path)}\" of {other.Reference} into an invalid regular expression: {Show(FaultOf(path)!.Message)}; {Consequence}";
            yield return new(FieldPath.Metadata / "annotations" / $"{prefix}/{cause}", message, "Use another host, or fix that path first") { RestsOn = [other.Reference] };
        }

        string? FaultyClaim(Host host, Ingress other) =>
            context.Lookups.ClaimsFor(host, other).Where(claim => !claim.IsAlias && FaultOf(claim.Path) is not null).Select(claim => claim.Path).FirstOrDefault();
    }

    /// <summary>The first other Ingress, by name, that has a host from the same controller and meets a condition.</summary>
    private static Ingress? First(Host host, Ingress ingress, Func<Ingress, bool> meets, RuleContext context)
    {
        Ingress? first = null;
        foreach (var other in context.Cluster.IngressesClaiming(host))
        {
            if ((first is null || Order(other, first) < 0) && Order(other, ingress) != 0 && !other.IsCanary && meets(other) && context.Cluster.ShareRoutes(ingress, other) is true)
                first = other;
        }

        return first;
    }

    private static int Order(Ingress a, Ingress b) =>
        string.CompareOrdinal(a.Metadata.Namespace, b.Metadata.Namespace) is var order and not 0 ? order : string.CompareOrdinal(a.Metadata.Name, b.Metadata.Name);

    private static bool IsSpecial(string? path) => path.AsSpan().ContainsAny(Special);

    private static PcreFault? FaultOf(string? path) => IsSpecial(path) ? Read(path!).Fault : null;

    private static string Show(string? text) => Printable.Shorten(text!, 80);

    private static string? Value(Ingress ingress, string prefix, string name)
    {
        foreach (var (key, value) in ingress.Metadata.Annotations.Entries)
        {
            if (key.Length == prefix.Length + 1 + name.Length && key.EndsWith(name, StringComparison.Ordinal) && NginxAnnotation.HasPrefix(key, prefix))
                return value;
        }

        return null;
    }
}
