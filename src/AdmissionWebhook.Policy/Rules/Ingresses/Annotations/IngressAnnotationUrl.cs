using System.Collections.Frozen;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// Like service-external-name, for the URLs that a controller fetches: of external authentication, of mirrored requests, of identity providers. A URL
/// that redirects a browser is not validated. Other rules report a value that is not a URL.
/// </summary>
public sealed partial class IngressAnnotationUrl() : ReadAnnotationRule(
    "ingress-annotation-url",
    "A URL that a controller fetches points to a Service in the namespace of the Ingress, or to a name outside the cluster.",
    "The controller fetches the URL from inside the cluster. The URL can lead to its loopback, to cloud metadata with credentials, or to Services of other namespaces. The answer decides who gets access.",
    Enforcement.Warn)
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Names that are allowed anyway, each with its subdomains.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("namespaces", "Name patterns of namespaces whose Services every Ingress may use, for example the one of an authentication proxy.");

    private static readonly Parameter<string> ClusterDomain =
        Parameter.Text("clusterDomain", "cluster.local", "The DNS domain of the cluster.");

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
            return url.StartsWith('$') ? Violated($"\"{NginxAnnotation.Show(written)}\" must not take the URL from the request") : null;

        var (named, hasPort) = HostIn(url[(scheme + 3)..]);
        if (named.Contains('$', StringComparison.Ordinal))
            return Violated($"\"{NginxAnnotation.Show(written)}\" must not take its host from the request");

        var (host, domain) = (Host.Parse(named), context.Parameters.Get(ClusterDomain));
        if (host.IsAny || context.Parameters.Get(Allowed).Any(allowed => host.IsWithin(Host.Parse(allowed).Name)))
            return null;

        // HAProxy Ingress: svc://namespace/service:port, or svc://service:port of the same namespace.
        return url[..scheme] is "svc" or "service" ? (hasPort ? null : JudgeNamespace(host.Name))
            : InternalNames.FaultOf(host) is { } fault ? Violated($"\"{NginxAnnotation.Show(named)}\" {fault}")
            : InternalNames.NamespaceIn(host, domain) is { } @namespace ? JudgeNamespace(@namespace)
            : InternalNames.IsInCluster(host, domain) ? Violated($"\"{NginxAnnotation.Show(named)}\" is a name inside the cluster")
            : host.Name.Split('.', 3) is [_, var last] ? JudgeLastLabel(last)
            : null;

        Violation? JudgeNamespace(string @namespace) => @namespace == ingress.Metadata.Namespace || NamePattern.MatchesAny(context.Parameters.Get(Namespaces), @namespace) ? null
            : Violated($"\"{NginxAnnotation.Show(named)}\" is a Service in namespace \"{@namespace}\"");

        // With the DNS search list, a name of two labels may be a Service and its namespace.
        Violation? JudgeLastLabel(string label)
        {
            var found = context.Cluster.Find<Namespace>(null, label);
            return found.IsUnknown ? Violation.Unchecked(annotation.At, found.Reference)
                : found.IsMissing || JudgeNamespace(label) is not { } violation ? null
                : violation with { RestsOn = [found.Reference] };
        }

        Violation Violated(string message) =>
            new(annotation.At, message, $"Use a Service in namespace \"{ingress.Metadata.Namespace}\", or a DNS name outside the cluster") { Value = written };
    }

    /// <summary>
    /// The URL with nginx variables replaced: the requested host is one of the hosts of the Ingress, and a path begins with a slash.
    /// </summary>
    private static string Expand(string url) => url.Contains('$', StringComparison.Ordinal)
        ? Variable().Replace(url, match => Variables.GetValueOrDefault(match.Value.Trim('$', '{', '}'), match.Value))
        : url;

    [GeneratedRegex(@"\$([A-Za-z0-9_]+|\{[A-Za-z0-9_]+\})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    /// <summary>The part between the user and the port, path, query or fragment, as controllers parse it.</summary>
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
