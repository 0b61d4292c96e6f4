using System.Collections.Frozen;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// The objects that cert-manager (1.12 to 1.19) creates while an ACME server checks who owns a host. A label alone exempts nothing, because any author
/// can write it: the Ingress must have exactly what the solver has, one path of ACME challenges (RFC 8555, 8.3) to the solver's own
/// Service, and the user must be cert-manager. An audit has no user and checks only the stored object.
/// </summary>
internal static partial class AcmeSolver
{
    private const string Label = "acme.cert-manager.io/http01-solver";
    private const string NamePrefix = "cm-acme-http-solver-";
    private const string ServiceAccount = "system:serviceaccount:cert-manager:cert-manager";
    private const int Port = 8089;

    /// <summary>
    /// The annotations that cert-manager writes, and those that issuers add (<c>ingressTemplate</c>) so that the right load balancer accepts a challenge over
    /// plain HTTP. None of them adds hosts, paths or backends to the Ingress, or text to a configuration.
    /// </summary>
    private static readonly FrozenSet<string> Annotations = FrozenSet.Create(
        StringComparer.Ordinal,
        Ingress.ClassAnnotation,
        "projectcontour.io/ingress.class",
        "acme.cert-manager.io/http01-edit-in-place",
        "acme.cert-manager.io/http01-override-ingress-name",
        "cert-manager.io/issue-temporary-certificate",
        "kubernetes.io/ingress.allow-http",
        "kubernetes.io/ingress.global-static-ip-name",
        "kubernetes.io/ingress.regional-static-ip-name",
        "networking.gke.io/v1beta1.FrontendConfig",
        "nginx.ingress.kubernetes.io/whitelist-source-range",
        "nginx.ingress.kubernetes.io/allowlist-source-range",
        "nginx.ingress.kubernetes.io/ssl-redirect",
        "nginx.ingress.kubernetes.io/force-ssl-redirect",
        "nginx.ingress.kubernetes.io/backend-protocol",
        "nginx.ingress.kubernetes.io/enable-global-auth",
        "nginx.ingress.kubernetes.io/proxy-body-size",
        "nginx.org/mergeable-ingress-type",
        "nginx.org/redirect-to-https",
        "nginx.org/ssl-redirect",
        "ingress.kubernetes.io/whitelist-source-range",
        "ingress.kubernetes.io/ssl-redirect",
        "ingress.kubernetes.io/force-ssl-redirect",
        "haproxy.org/allow-list",
        "haproxy.org/whitelist",
        "haproxy.org/ssl-redirect",
        "haproxy-ingress.github.io/allowlist-source-range",
        "haproxy-ingress.github.io/whitelist-source-range",
        "haproxy-ingress.github.io/ssl-redirect",
        "traefik.ingress.kubernetes.io/router.entrypoints",
        "traefik.ingress.kubernetes.io/router.priority",
        "traefik.ingress.kubernetes.io/router.tls",
        "konghq.com/https-redirect-status-code",
        "konghq.com/preserve-host",
        "konghq.com/protocols",
        "konghq.com/strip-path",
        "appgw.ingress.kubernetes.io/ssl-redirect",
        "alb.ingress.kubernetes.io/group.name",
        "alb.ingress.kubernetes.io/group.order",
        "alb.ingress.kubernetes.io/healthcheck-path",
        "alb.ingress.kubernetes.io/inbound-cidrs",
        "alb.ingress.kubernetes.io/ip-address-type",
        "alb.ingress.kubernetes.io/listen-ports",
        "alb.ingress.kubernetes.io/load-balancer-name",
        "alb.ingress.kubernetes.io/scheme",
        "alb.ingress.kubernetes.io/security-groups",
        "alb.ingress.kubernetes.io/ssl-redirect",
        "alb.ingress.kubernetes.io/subnets",
        "alb.ingress.kubernetes.io/success-codes",
        "alb.ingress.kubernetes.io/tags",
        "alb.ingress.kubernetes.io/target-type");

    /// <summary>
    /// Whether a violation of <paramref name="rule"/> is normal for the solver: of any rule if cert-manager itself asks. An audit and a file do not show who wrote the object, so only
    /// rules that every solver violates are excused there.
    /// </summary>
    public static bool Excuses(Rule rule, Subject subject)
    {
        if (subject.Target!.Metadata.Labels[Label] != "true" || !(subject.Target is Ingress ingress ? IsMadeFor(ingress) : subject.Target is Service service && IsMadeFor(service)))
            return false;

        var isSolver = subject.User.Name == ServiceAccount;
        return rule.Id switch
        {
            "ingress-tls-required" or "ingress-class-annotation" or "ingress-rate-limit-required" => isSolver || subject.User.Name.Length == 0 || subject.IsAudit,
            "ingress-host-conflict" or "service-no-node-port" => isSolver || subject.IsAudit,

            // HTTP-01 proves no wildcard (RFC 8555, 8.3).
            _ => isSolver && subject.Target is not Ingress { Rules: [{ Host.IsWildcard: true }] },
        };
    }

    private static bool IsMadeFor(Service service) => IsNamed(service) && service.Type is "NodePort" or "ClusterIP" && service.Ports.All(port => port.Port == Port);

    private static bool IsMadeFor(Ingress ingress) =>
        IsNamed(ingress)
        && ingress is { DefaultBackend: null, Rules: [{ Paths: [{ Path: { } path, Backend: { } backend, PathType: "Exact" or "ImplementationSpecific" }] }] }
        && Challenge().IsMatch(path)
        && backend is { ServiceName: { } service, Port.Number: Port }
        && service.StartsWith(NamePrefix, StringComparison.Ordinal)
        && ingress.Metadata.Annotations.All(annotation => Annotations.Contains(annotation.Key));

    /// <summary>The API server generates the name after mutation.</summary>
    private static bool IsNamed(KubernetesObject made) => made.Metadata.Name.Length == 0 || made.Metadata.Name.StartsWith(NamePrefix, StringComparison.Ordinal);

    /// <summary>A token is base64url, so it contains nothing that a controller could read as a regular expression.</summary>
    [GeneratedRegex(@"^/\.well-known/acme-challenge/[A-Za-z0-9_-]+\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Challenge();
}
