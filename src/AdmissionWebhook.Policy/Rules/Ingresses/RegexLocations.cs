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
            if (IsSpecial(path))
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

        var mine = Cause(ingress, prefix);
        var found = Own(ingress, mine, prefix, context);
        if (mine is not null && !context.Lookups.HasHostsToItself(ingress))
            found = found.Concat(OfOthers(ingress, mine, prefix, context));
        return served is true ? found : found.Select(violation => NginxAnnotationRule.Unchecked(violation, ingress, context));
    }

    private static IEnumerable<Violation> Own(Ingress ingress, string? mine, string prefix, RuleContext context)
    {
        foreach (var rule in ingress.Rules)
        {
            foreach (var path in rule.Paths)
            {
                if (FaultOf(path) is not { } fault)
                    continue;

                var shown = Printable.Shorten(path.Path!, 80);
                if (mine is not null)
                    yield return new(path.At / "path", $"path \"{shown}\" is not a valid regular expression: {Printable.Shorten(fault.Message, 80)}; {Consequence}", fault.Remedy) { Value = path.Path };
                else if (Others(rule.Host, ingress, context).FirstOrDefault(other => Cause(other, prefix) is not null) is { } other)
                    yield return new(path.At / "path", $"path \"{shown}\" becomes an invalid regular expression, because {other.Reference} with the same host has {Cause(other, prefix)}: {Printable.Shorten(fault.Message, 80)}; {Consequence}", fault.Remedy) { RestsOn = [other.Reference], Value = path.Path };
                else if (!context.Cluster.Knows(ResourceKind.Ingress))
                    yield return Violation.Unchecked(path.At / "path", ResourceKind.Ingress);
            }
        }
    }

    private static IEnumerable<Violation> OfOthers(Ingress ingress, string mine, string prefix, RuleContext context)
    {
        foreach (var host in ingress.RuleHosts)
        {
            foreach (var other in Others(host, ingress, context).Where(other => Cause(other, prefix) is null))
            {
                if (other.Rules.Where(rule => rule.Host.Equals(host)).SelectMany(rule => rule.Paths).FirstOrDefault(path => FaultOf(path) is not null) is { } path)
                {
                    var message = $"turns path \"{Printable.Shorten(path.Path!, 80)}\" of {other.Reference} into an invalid regular expression: {Printable.Shorten(FaultOf(path)!.Message, 80)}; {Consequence}";
                    yield return new(FieldPath.Metadata / "annotations" / $"{prefix}/{mine}", message, "Use another host, or fix that path first") { RestsOn = [other.Reference] };
                }
            }
        }
    }

    private static IEnumerable<Ingress> Others(Host host, Ingress ingress, RuleContext context) =>
        context.Cluster.IngressesClaiming(host)
            .Where(other => !other.Reference.Equals(ingress.Reference) && !other.IsCanary && other.RuleHosts.Contains(host) && context.Cluster.ShareRoutes(ingress, other) is true)
            .OrderBy(other => other.Reference.ToString(), StringComparer.Ordinal);

    private static bool IsSpecial(IngressPath path) => path.Path.AsSpan().ContainsAny(Special);

    private static PcreFault? FaultOf(IngressPath path) => IsSpecial(path) ? Read(path.Path!).Fault : null;

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
