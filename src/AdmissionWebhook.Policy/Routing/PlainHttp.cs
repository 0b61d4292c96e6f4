using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>Which Ingresses with TLS answer plain HTTP as well. Source: the documentation of each controller.</summary>
internal static class PlainHttp
{
    /// <summary>The annotation that lets plain HTTP in, or would keep it out, and the remedy; null where an Ingress with TLS answers no plain HTTP.</summary>
    /// <param name="controller">Who serves the Ingress.</param>
    /// <param name="ingress">Which.</param>
    /// <param name="plainEntryPoints">The entry points of a router that have no TLS.</param>
    public static (string Annotation, string Remedy)? Of(IngressController controller, Ingress ingress, ImmutableArray<string> plainEntryPoints)
    {
        var hasTls = !ingress.Tls.IsEmpty;
        return controller.Id switch
        {
            "ingress-nginx" => hasTls && !GoText.IsTrue(Value("nginx.ingress.kubernetes.io/force-ssl-redirect")) ? IfFalse("nginx.ingress.kubernetes.io/ssl-redirect") : null,
            "nginx" => hasTls && !GoText.IsTrue(Value("nginx.org/redirect-to-https")) ? IfFalse("nginx.org/ssl-redirect") ?? IfFalse("ingress.kubernetes.io/ssl-redirect") : null,
            "haproxy" => hasTls ? IfFalse("haproxy.org/ssl-redirect") : null,
            "haproxy-ingress" => hasTls ? IfFalse("haproxy-ingress.github.io/ssl-redirect") ?? IfFalse("ingress.kubernetes.io/ssl-redirect") : null,
            "traefik" => Traefik(),
            "contour" => hasTls && !GoText.IsTrue(Value("ingress.kubernetes.io/force-ssl-redirect")) && !GoText.IsFalse(Value("kubernetes.io/ingress.allow-http"))
                ? Served("ingress.kubernetes.io/force-ssl-redirect", "Set it to \"true\"") : null,
            "gce" => !GoText.IsFalse(Value("kubernetes.io/ingress.allow-http")) && Value("networking.gke.io/v1beta1.FrontendConfig") is null
                ? Served("kubernetes.io/ingress.allow-http", "Set it to \"false\", or redirect in a FrontendConfig") : null,
            "aws-load-balancer" => Aws(),
            "kong" => hasTls && Value("konghq.com/override") is null && (Value("konghq.com/protocols") is not { } protocols || protocols.Split(',', StringSplitOptions.TrimEntries).Contains("http"))
                ? Served("konghq.com/protocols", "Set it to https") : null,
            _ => null,
        };

        string? Value(string annotation) => ingress.Metadata.Annotations[annotation];

        static (string, string)? Served(string annotation, string remedy) => (annotation, remedy);

        (string, string)? IfFalse(string annotation) => GoText.IsFalse(Value(annotation)) ? Served(annotation, "Remove it") : null;

        // A middleware may redirect; only its object shows that.
        (string, string)? Traefik() =>
            InAnyCase("traefik.ingress.kubernetes.io/router.entrypoints").FirstOrDefault(IsPlain) is { Key: { } named }
            && !InAnyCase("traefik.ingress.kubernetes.io/router.middlewares").Any()
            && !InAnyCase("traefik.ingress.kubernetes.io/router.tls").Any(entry => GoText.IsTrue(entry.Value))
                ? Served(named, "Name only the entry point with TLS")
                : null;

        bool IsPlain(KeyValuePair<string, string> entryPoints) =>
            entryPoints.Value.Split(',', StringSplitOptions.TrimEntries).Intersect(plainEntryPoints).Any();

        IEnumerable<KeyValuePair<string, string>> InAnyCase(string annotation) =>
            ingress.Metadata.Annotations.Where(entry => entry.Key.Equals(annotation, StringComparison.OrdinalIgnoreCase));

        // Another Ingress of the group may redirect, and a class may have its own listeners.
        (string, string)? Aws()
        {
            if (Value("alb.ingress.kubernetes.io/group.name") is not null || Value("alb.ingress.kubernetes.io/ssl-redirect") is not null
                || ingress.Metadata.Annotations.Any(entry => entry.Key.StartsWith("alb.ingress.kubernetes.io/actions.", StringComparison.Ordinal)))
                return null;

            return AlbListeners.Of(ingress) is not { } listeners
                ? Value("alb.ingress.kubernetes.io/certificate-arn") is null && hasTls ? Served("alb.ingress.kubernetes.io/listen-ports", "Set it to '[{\"HTTPS\": 443}]'") : null
                : listeners.SpeakHttp ? Served("alb.ingress.kubernetes.io/listen-ports", "Set alb.ingress.kubernetes.io/ssl-redirect: \"443\", or remove HTTP") : null;
        }
    }
}
