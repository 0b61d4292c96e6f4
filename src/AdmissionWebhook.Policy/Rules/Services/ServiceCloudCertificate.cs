using System.Globalization;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// The rule cannot see whether the cloud has the certificate. The load balancer does not encrypt ports that the list omits.
/// </summary>
public sealed partial class ServiceCloudCertificate() : ValidationRule<Service>(
    "service-cloud-certificate",
    "A load balancer has a certificate of its cloud and encrypts ports that the Service exposes.",
    "Without a certificate the load balancer forwards plain text from the internet. A list that names no port of the Service encrypts nothing.")
{
    private const string BackendProtocol = "service.beta.kubernetes.io/aws-load-balancer-backend-protocol";

    private static readonly Parameter<CloudProvider> Provider =
        Parameter.Choice("cloud", CloudProvider.Any, "The cloud that provides the load balancers. With Any, a certificate of any known cloud is enough.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("namespaces", "Name patterns of namespaces whose load balancers need no certificate, because TLS ends behind them.");

    private static readonly Parameter<bool> EveryPort =
        Parameter.Flag("everyPort", false, "Whether every TCP port must be encrypted.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Provider, Namespaces, EveryPort];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (!service.IsLoadBalancer || NamePattern.MatchesAny(context.Parameters.Get(Namespaces), service.Metadata.Namespace ?? ""))
            yield break;

        var clouds = Cloud.Of(context.Parameters.Get(Provider)).Where(cloud => !cloud.Certificates.IsEmpty).ToList();
        var named = clouds.SelectMany(cloud => cloud.Certificates, (cloud, annotation) => (Cloud: cloud, Annotation: annotation, Value: service.Metadata.Annotations[annotation]?.Trim()))
            .FirstOrDefault(each => each.Value is { Length: > 0 });
        if (named.Value is null && clouds.Count > 0)
        {
            yield return new(FieldPath.Metadata / "annotations", "a certificate is required for the load balancer", $"Set annotation {clouds[0].Certificates[0]}{(clouds.Count > 1 ? ", or the one of your cloud" : "")}");
            yield break;
        }

        if (named.Cloud is { Provider: CloudProvider.Aws })
        {
            foreach (var certificate in named.Value!.Split(',').Select(each => each.Trim()).Where(each => !Arn().IsMatch(each)))
                yield return new(FieldPath.Metadata / "annotations" / named.Annotation, $"\"{certificate}\" is not the ARN of an ACM or IAM certificate", "Use an ARN like arn:aws:acm:eu-west-1:123456789012:certificate/…");
            if (service.Metadata.Annotations[BackendProtocol] is { } protocol && protocol.ToLowerInvariant() is not ("http" or "https" or "ssl" or "tcp"))
                yield return new(FieldPath.Metadata / "annotations" / BackendProtocol, $"protocol \"{protocol}\" is not supported by the load balancer", "Use http, https, ssl or tcp");
        }

        if (named.Cloud?.CertificatePorts is { } ports && service.Metadata.Annotations[ports]?.Trim() is { Length: > 0 } and not "*")
        {
            foreach (var violation in CheckPorts(service, ports, context.Parameters.Get(EveryPort)))
                yield return violation;
        }
    }

    private static IEnumerable<Violation> CheckPorts(Service service, string annotation, bool needsAll)
    {
        var at = FieldPath.Metadata / "annotations" / annotation;
        var listed = service.Metadata.Annotations[annotation]!.Split(',', StringSplitOptions.TrimEntries);
        var exposed = service.Ports.SelectMany(NamesOf).ToHashSet();
        var remedy = $"It exposes {ServicePort.List(service.Ports)}. List these ports";
        foreach (var port in listed.Where(written => !exposed.Contains(written)))
            yield return new(at, $"the Service has no port \"{port}\"", remedy);

        var encrypted = needsAll ? listed.ToHashSet() : [];
        foreach (var port in service.Ports.Where(port => needsAll && port.Protocol == "TCP" && !NamesOf(port).Any(encrypted.Contains)))
            yield return new(port.At, $"port {port} is not encrypted", $"Add it to annotation {annotation}");
    }

    private static IEnumerable<string> NamesOf(ServicePort port) => port.Port is { } number ? [port.Name, number.ToString(CultureInfo.InvariantCulture)] : [port.Name];

    [GeneratedRegex(@"^arn:aws[a-z-]*:(acm:[a-z0-9-]+:[0-9]{12}:certificate/.+|iam::[0-9]{12}:server-certificate/.+)\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Arn();
}
