using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>HTTP belongs to the load balancers in front of Ingress controllers and Gateways. The rule skips them by their usual labels.</summary>
public sealed class ServiceLoadBalancerHttp() : ValidationRule<Service>(
    "service-load-balancer-http",
    "HTTP traffic enters through an Ingress or a Gateway, not through a load balancer of its own.",
    "One load balancer in front of an Ingress controller serves every application, with TLS, names and paths. Each further load balancer costs the same again.",
    Enforcement.Warn)
{
    private static readonly Parameter<int> Price =
        Parameter.Number("pricePerMonth", 18, "The price of a load balancer per month, without traffic.");

    private static readonly Parameter<string> Currency =
        Parameter.Text("currency", "USD", "The currency of the price.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("namespaces", "Name patterns of namespaces where Ingress controllers and Gateways run.");

    private static readonly string[] Controllers =
        ["ingress-nginx", "nginx-ingress", "traefik", "kong", "haproxy-ingress", "kubernetes-ingress", "contour", "envoy", "istio-ingressgateway", "istio-ingress", "cilium-ingress", "emissary-ingress"];

    private static readonly string[] GatewayLabels = ["gateway.networking.k8s.io/gateway-name", "gateway.envoyproxy.io/owning-gateway-name", "istio.io/gateway-name"];

    private static readonly string[] Protocols = ["http", "https", "http2", "h2c", "grpc", "grpc-web", "ws", "wss", "kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"];

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Price, Currency, Namespaces];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (!service.IsLoadBalancer || IsEntrance(service, context.Parameters.Get(Namespaces)))
            yield break;

        // The message omits the ports; otherwise one more port would look like a new violation.
        if (service.Ports.Any(IsHttp))
        {
            yield return new(
                FieldPath.Spec / "type",
                $"HTTP must not use its own load balancer, which costs about {context.Parameters.Get(Price)} {context.Parameters.Get(Currency)} per month",
                "Use type ClusterIP behind an Ingress, which shares one load balancer");
        }
    }

    private static bool IsEntrance(Service service, ImmutableArray<string> namespaces) =>
        NamePattern.MatchesAny(namespaces, service.Metadata.Namespace ?? "")
        || Controllers.Contains(service.Metadata.Labels["app.kubernetes.io/name"])
        || Controllers.Contains(service.Metadata.Labels["app"])
        || GatewayLabels.Any(label => service.Metadata.Labels[label] is not null);

    /// <summary>The protocol and the name of a port take precedence over its number.</summary>
    private static bool IsHttp(ServicePort port) =>
        port.Protocol == "TCP"
        && (port.AppProtocol is { } protocol ? Protocols.Contains(protocol.ToLowerInvariant())
            : port.Name.Length > 0 && Protocols.Contains(port.Name.Split('-')[0]) ? true
            : port.Name.Length == 0 && port.Port is 80 or 443 or 8080 or 8443);
}
