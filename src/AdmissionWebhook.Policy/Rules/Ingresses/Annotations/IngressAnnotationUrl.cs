using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// As service-external-name, for the URLs that a controller fetches: of external authentication, of mirrored requests, of providers of identity. Where a URL
/// redirects a browser it is let be. What is no URL is the business of other rules.
/// </summary>
public sealed class IngressAnnotationUrl() : ReadAnnotationRule(
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
        // The host that was asked for is one of the Ingress's own. Any other variable is the client's to choose.
        if (HostOf(written) is ['$', .. var variable])
        {
            return variable.Trim('{', '}') is "host" or "http_host" or "best_http_host" or "server_name" ? null
                : Violated($"\"{NginxAnnotation.Show(written)}\" takes its host from the request", default);
        }

        if (!Uri.TryCreate(written, UriKind.Absolute, out var url) || url.Host.Length == 0)
            return null;

        var host = Host.Parse(url.Host.Trim('[', ']'));
        var named = Host.Parse(HostOf(written));
        if (context.Parameters.Get(Allowed).Any(allowed => host.IsWithin(Host.Parse(allowed).Name)))
            return null;

        var domain = context.Parameters.Get(ClusterDomain);
        return url.Scheme is "svc" or "service" ? (url.Port >= 0 ? null : JudgeNamespace(host.Name))
            : InternalNames.FaultOf(host) is { } fault ? Violated($"\"{named}\" {fault}", default)
            : InternalNames.NamespaceIn(host, domain) is { } space ? JudgeNamespace(space)
            : InternalNames.IsInCluster(host, domain) ? Violated($"\"{named}\" is a name inside the cluster", default)
            : host.Name.Split('.', 3) is [_, var last] ? JudgeLastLabel(last)
            : null;

        Violation? JudgeNamespace(string space) => space == ingress.Metadata.Namespace || NamePattern.MatchesAny(context.Parameters.Get(Namespaces), space) ? null
            : Violated($"\"{named}\" is a Service of namespace {space}", default);

        // A name of two labels may be a Service and its namespace, by the DNS search list.
        Violation? JudgeLastLabel(string label)
        {
            var found = context.Cluster.Find<Namespace>(null, label);
            return found.IsUnknown ? Violation.Unchecked(annotation.At, found.Reference)
                : found.IsMissing || JudgeNamespace(label) is not { } violation ? null
                : violation with { RestsOn = [found.Reference] };
        }

        Violation Violated(string message, ImmutableArray<ObjectReference> restsOn) =>
            new(annotation.At, message, $"Use a Service of namespace {ingress.Metadata.Namespace}, or a DNS name outside the cluster") { RestsOn = restsOn.IsDefault ? [] : restsOn, Value = written };
    }

    /// <summary>Between the scheme and what comes behind the host, as nginx takes it apart.</summary>
    private static string HostOf(string url)
    {
        var begin = url.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0;
        var end = url.AsSpan(begin).IndexOfAny("/?#") is >= 0 and var length ? begin + length : url.Length;
        var authority = url[begin..end];
        var host = authority[(authority.LastIndexOf('@') + 1)..];
        return host.StartsWith('[') ? host.Trim('[', ']') : host.LastIndexOf(':') is > 0 and var port ? host[..port] : host;
    }
}
