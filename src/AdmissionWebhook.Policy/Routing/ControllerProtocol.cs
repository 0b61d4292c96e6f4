using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>The protocol that annotations select for a backend, and how to change it. Source: the documentation of each controller.</summary>
/// <param name="Told">What the controller speaks; null if the objects do not show it.</param>
/// <param name="Remedy">How to select the protocol of the backend.</param>
internal readonly record struct ControllerProtocol(BackendProtocol? Told, string Remedy)
{
    /// <summary>The protocol that an Ingress and a Service select.</summary>
    public static ControllerProtocol Of(IngressController controller, Ingress ingress, Service service, ServicePort port, BackendProtocol spoken, AnnotationLists lists)
    {
        var (onIngress, onService) = (ingress.Metadata.Annotations, service.Metadata.Annotations);
        var (encrypted, http2, key) = (spoken.IsEncrypted is true, spoken.IsHttp2 is true, $"{port.Port}");
        return controller.Id switch
        {
            "ingress-nginx" => new(
                GoText.IsTrue(onIngress["nginx.ingress.kubernetes.io/ssl-passthrough"]) ? null : Nginx(onIngress["nginx.ingress.kubernetes.io/backend-protocol"]),
                $"Set nginx.ingress.kubernetes.io/backend-protocol: {(http2 ? encrypted ? "GRPCS" : "GRPC" : encrypted ? "HTTPS" : "HTTP")}"),
            "nginx" => new(
                Of(lists.Has(onIngress["nginx.org/ssl-services"], service.Metadata.Name), lists.Has(onIngress["nginx.org/grpc-services"], service.Metadata.Name)),
                $"Add the Service to nginx.org/{(http2 ? "grpc" : "ssl")}-services"),
            "traefik" => new(
                Traefik(onService["traefik.ingress.kubernetes.io/service.serversscheme"], port),
                $"Set traefik.ingress.kubernetes.io/service.serversscheme: {(encrypted ? "https" : http2 ? "h2c" : "http")} on the Service"),
            "haproxy" => new(
                Of(GoText.IsTrue(onIngress["haproxy.org/server-ssl"] ?? onService["haproxy.org/server-ssl"]), (onIngress["haproxy.org/server-proto"] ?? onService["haproxy.org/server-proto"]) == "h2"),
                http2 ? "Set haproxy.org/server-proto: h2" : $"Set haproxy.org/server-ssl: \"{(encrypted ? "true" : "false")}\""),
            "haproxy-ingress" => new(
                HaproxyIngress(HaproxyText("backend-protocol"), GoText.IsTrue(HaproxyText("secure-backends"))),
                $"Set haproxy-ingress.github.io/backend-protocol: {(http2 ? encrypted ? "h2-ssl" : "h2" : encrypted ? "h1-ssl" : "h1")}"),
            "contour" => new(
                Contour(onService, port, lists),
                port.AppProtocol is not null && !(http2 && encrypted) ? $"Set appProtocol: {(http2 ? "kubernetes.io/h2c" : encrypted ? "https" : "http")}"
                    : $"Set projectcontour.io/upstream-protocol.{(http2 ? encrypted ? "h2" : "h2c" : "tls")}: \"{key}\" on the Service{(port.AppProtocol is null ? "" : ", and remove appProtocol")}"),
            "aws-load-balancer" => new(
                Of(
                    Either("alb.ingress.kubernetes.io/backend-protocol").Equals("HTTPS", StringComparison.OrdinalIgnoreCase),
                    Either("alb.ingress.kubernetes.io/backend-protocol-version").ToUpperInvariant() is "HTTP2" or "GRPC"),
                http2 ? "Set alb.ingress.kubernetes.io/backend-protocol-version: GRPC" : $"Set alb.ingress.kubernetes.io/backend-protocol: {(encrypted ? "HTTPS" : "HTTP")}"),
            "gce" => new(
                Gce(onService["cloud.google.com/app-protocols"] ?? onService["service.alpha.kubernetes.io/app-protocols"], port, lists),
                $"Set cloud.google.com/app-protocols: '{{\"{port.Name}\":\"{(http2 ? "HTTP2" : encrypted ? "HTTPS" : "HTTP")}\"}}' on the Service"),
            "kong" => new(
                Kong(onService["konghq.com/protocol"]),
                $"Set konghq.com/protocol: {(http2 ? encrypted ? "grpcs" : "grpc" : encrypted ? "https" : "http")} on the Service"),

            // Istio reads the port itself; other controllers are unknown.
            _ => new(null, ""),
        };

        string? HaproxyText(string name) => onIngress["haproxy-ingress.github.io/" + name] ?? onIngress["ingress.kubernetes.io/" + name]
            ?? onService["haproxy-ingress.github.io/" + name] ?? onService["ingress.kubernetes.io/" + name];

        string Either(string annotation) => onService[annotation] ?? onIngress[annotation] ?? "";
    }

    private static BackendProtocol Of(bool encrypted, bool http2) =>
        http2 ? encrypted ? BackendProtocol.H2 : BackendProtocol.H2c : encrypted ? BackendProtocol.Https : BackendProtocol.Http;

    private static BackendProtocol? Nginx(string? value) => value?.Trim().ToUpperInvariant() switch
    {
        null or "" or "HTTP" => BackendProtocol.Http,
        "HTTPS" => BackendProtocol.Https,
        "GRPC" => BackendProtocol.H2c,
        "GRPCS" => BackendProtocol.H2,
        "AUTO_HTTP" => new(null, false, "HTTP or HTTPS"),
        _ => null,
    };

    private static BackendProtocol? Traefik(string? scheme, ServicePort port) => scheme switch
    {
        "https" => new(true, null, "HTTPS"),
        "h2c" => BackendProtocol.H2c,
        "http" => BackendProtocol.Http,
        null => port.Port == 443 || port.Name.StartsWith("https", StringComparison.Ordinal) ? new(true, null, "HTTPS") : BackendProtocol.Http,
        _ => null,
    };

    /// <summary>The older setting for TLS counts where the protocol is not set, or is h1 or h2.</summary>
    private static BackendProtocol? HaproxyIngress(string? value, bool isSecure) => value?.ToLowerInvariant() switch
    {
        null or "h1" or "http" when isSecure => BackendProtocol.Https,
        "h2" or "grpc" when isSecure => BackendProtocol.H2,
        null or "h1" or "http" => BackendProtocol.Http,
        "h1-ssl" or "https" => BackendProtocol.Https,
        "h2" or "grpc" => BackendProtocol.H2c,
        "h2-ssl" or "grpcs" => BackendProtocol.H2,
        _ => null,
    };

    /// <summary>Since Contour 1.31 annotations count only where the port has no appProtocol; one that it does not know is HTTP.</summary>
    private static BackendProtocol? Contour(TextMap onService, ServicePort port, AnnotationLists lists)
    {
        if (port.AppProtocol is { } protocol)
            return protocol switch { "https" => BackendProtocol.Https, "kubernetes.io/h2c" => BackendProtocol.H2c, _ => BackendProtocol.Http };
        if (Names("h2"))
            return BackendProtocol.H2;
        if (Names("h2c"))
            return BackendProtocol.H2c;
        return Names("tls") ? BackendProtocol.Https : BackendProtocol.Http;

        bool Names(string protocol) =>
            onService[$"projectcontour.io/upstream-protocol.{protocol}"] is { } ports && (lists.Has(ports, $"{port.Port}") || (port.Name.Length > 0 && lists.Has(ports, port.Name)));
    }

    /// <summary>The controller stops at a value that it cannot read. The previous setting of the load balancer is unknown.</summary>
    private static BackendProtocol? Gce(string? value, ServicePort port, AnnotationLists lists)
    {
        if (value is null)
            return BackendProtocol.Http;

        return lists.MembersOf(value) is not { } named ? null : named.GetValueOrDefault(port.Name) switch
        {
            null or "HTTP" => BackendProtocol.Http,
            "HTTPS" => BackendProtocol.Https,
            "HTTP2" => BackendProtocol.H2,
            _ => null,
        };
    }

    private static BackendProtocol? Kong(string? value) => value switch
    {
        null or "http" => BackendProtocol.Http,
        "https" => BackendProtocol.Https,
        "grpc" => BackendProtocol.H2c,
        "grpcs" => BackendProtocol.H2,
        _ => null,
    };
}
