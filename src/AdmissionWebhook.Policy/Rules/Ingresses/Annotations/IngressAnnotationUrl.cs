using System.Collections.Frozen;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// As service-external-name, for the URLs that a controller fetches: of external authentication, of mirrored requests, of providers of identity. A URL
/// that redirects a browser is not judged. What is no URL is the business of other rules.
/// </summary>
public sealed partial class IngressAnnotationUrl() : ReadAnnotationRule(
    "ingress-annotation-url",
    "A URL that a controller fetches leads to a Service of the Ingress's own namespace, or to a name outside the cluster.",
    "The controller fetches it from its own place in the network: its own loopback, the cloud's metadata with its credentials, another namespace's Services, and what they answer decides who is let in.",
    Enforcement.Warn)
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Names that may be used all the same, each with the names below it.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("namespaces", "Name patterns of the namespaces whose Services everybody may use: one where an authentication proxy runs.");

    private static readonly Parameter<string> ClusterDomain =
        Parameter.Text("clusterDomain", "cluster.local", "The cluster's DNS domain.");

    private static readonly FrozenDictionary<string, string> Variables = new Dictionary<string, string>
    {
        ["scheme"] = "http",
        ["best_http_host"] = "example.com",
        ["http_host"] = "example.com",
        ["server_name"] = "example.com",
        ["host"] = "example.com",
        ["request_uri"] = "/",
        ["escaped_request_uri"] = "/",
        ["document_uri"] = "/",
        ["uri"] = "/",
    }.ToFrozenDictionary();

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed, Namespaces, ClusterDomain, NginxAnnotationRule.Prefix];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Namespace, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override bool Concerns(in ReadAnnotation annotation) => annotation is { Known.IsFetched: true, Value.Length: > 0 };

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Judge(ReadAnnotation annotation, Ingress ingress, RuleContext context) =>
        from written in AnnotationJson.Read(annotation.Value)?.SelectMany(members => members.Values) ?? [annotation.Value]
        let found = JudgeUrl(annotation, written.Trim(), ingress, context)
        where found is not null
        select found;

    private static Violation? JudgeUrl(ReadAnnotation annotation, string written, Ingress ingress, RuleContext context)
    {
        var url = Expand(written);
        if (url.IndexOf("://", StringComparison.Ordinal) is not (> 0 and var scheme))
            return url.StartsWith('$') ? Violated($"\"{NginxAnnotation.Show(written)}\" is whatever the request says") : null;

        var (named, hasPort) = HostIn(url[(scheme + 3)..]);
        if (named.Contains('$', StringComparison.Ordinal))
            return Violated($"\"{NginxAnnotation.Show(written)}\" takes its host from the request");

        var (host, domain) = (Host.Parse(named), context.Parameters.Get(ClusterDomain));
        if (host.IsAny || context.Parameters.Get(Allowed).Any(allowed => host.IsWithin(Host.Parse(allowed).Name)))
            return null;

        // HAProxy Ingress: svc://namespace/service:port, or svc://service:port of the same namespace.
        return url[..scheme] is "svc" or "service" ? (hasPort ? null : JudgeNamespace(host.Name))
            : InternalNames.FaultOf(host) is { } fault ? Violated($"\"{NginxAnnotation.Show(named)}\" {fault}")
            : InternalNames.NamespaceIn(host, domain) is { } space ? JudgeNamespace(space)
            : InternalNames.IsInCluster(host, domain) ? Violated($"\"{NginxAnnotation.Show(named)}\" is a name inside the cluster")
            : host.Name.Split('.', 3) is [_, var last] ? JudgeLastLabel(last)
            : null;

        Violation? JudgeNamespace(string space) => space == ingress.Metadata.Namespace || NamePattern.MatchesAny(context.Parameters.Get(Namespaces), space) ? null
            : Violated($"\"{NginxAnnotation.Show(named)}\" is a Service of namespace {space}");

        // A name of two labels may be a Service and its namespace, by the DNS search list.
        Violation? JudgeLastLabel(string label)
        {
            var found = context.Cluster.Find<Namespace>(null, label);
            return found.IsUnknown ? Violation.Unchecked(annotation.At, found.Reference)
                : found.IsMissing || JudgeNamespace(label) is not { } violation ? null
                : violation with { RestsOn = [found.Reference] };
        }

        Violation Violated(string message) =>
            new(annotation.At, message, $"Use a Service of namespace {ingress.Metadata.Namespace}, or a DNS name outside the cluster") { Value = written };
    }

    /// <summary>
    /// The URL where variables of nginx stand for what they hold: the host that was asked for is one of the Ingress's own, and a path begins with a slash.
    /// </summary>
    private static string Expand(string url) => url.Contains('$', StringComparison.Ordinal)
        ? Variable().Replace(url, match => Variables.GetValueOrDefault(match.Value.Trim('$', '{', '}'), match.Value))
        : url;

    [GeneratedRegex(@"\$([A-Za-z0-9_]+|\{[A-Za-z0-9_]+\})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    /// <summary>What stands behind the user and before port, path, query and fragment, as controllers take it apart; no port makes it another host.</summary>
    private static (string Host, bool HasPort) HostIn(string rest)
    {
        var authority = rest.AsSpan().IndexOfAny("/?#\\") is >= 0 and var end ? rest[..end] : rest;
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        if (authority.StartsWith('['))
            return (authority[1..].Split(']')[0], authority.Contains("]:", StringComparison.Ordinal));

        var port = authority.IndexOf(':', StringComparison.Ordinal);
        return port >= 0 ? (authority[..port], true) : (authority, false);
    }
}
