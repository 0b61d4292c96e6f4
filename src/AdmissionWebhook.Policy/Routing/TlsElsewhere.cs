using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>
/// Where a controller takes the certificate from, if not from spec.tls: from the store of the cloud, from a resolver of a router, or from the pod behind a
/// passthrough connection. Also what disables TLS. The same annotation has no effect on any other controller.
/// </summary>
internal static class TlsElsewhere
{
    private const string TraefikPrefix = "traefik.ingress.kubernetes.io/";

    private static readonly ImmutableArray<string> HaproxyPrefixes = ["haproxy.org/", "haproxy.com/", "ingress.kubernetes.io/"];

    private static readonly ImmutableArray<string> Switches =
        [AlbListeners.Annotation, .. IngressController.All.Select(known => known.TlsSwitch?.Annotation).OfType<string>()];

    /// <summary>Full names, or prefixes of names.</summary>
    private static readonly ImmutableArray<string> Annotations =
    [
        "alb.ingress.kubernetes.io/certificate-arn",
        "alb.ingress.kubernetes.io/create-acm-cert",
        "networking.gke.io/managed-certificates",
        "ingress.gcp.kubernetes.io/pre-shared-cert",
        "traefik.ingress.kubernetes.io/router.tls",
        "traefik.ingress.kubernetes.io/router.entrypoints",
        "haproxy.org/ssl-passthrough",
        "haproxy.com/ssl-passthrough",
        "haproxy-ingress.github.io/ssl-passthrough",
        "ingress.kubernetes.io/ssl-passthrough",
        "ingress.cilium.io/tls-passthrough",
        "io.cilium.ingress/tls-passthrough",
        "nginx.org/mergeable-ingress-type",
        "nginx.ingress.kubernetes.io/ssl-passthrough",
        "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
        "route.openshift.io/termination",
        .. Switches,
    ];

    /// <summary>
    /// Whether an annotation makes the controller serve the hosts of an Ingress with TLS, if no other annotation disables it; null if an annotation
    /// says so but the class that decides is unknown.
    /// </summary>
    /// <param name="ingress">Which.</param>
    /// <param name="cluster">Where its class is found.</param>
    /// <param name="entryPoints">The entry points of a router that serve TLS whatever an Ingress says.</param>
    public static bool? Serves(Ingress ingress, ClusterState cluster, ImmutableArray<string> entryPoints)
    {
        if (cluster.ControllerOf(ingress) is { AlwaysServesTls: true })
            return true;
        if (ingress.Metadata.Annotations.Entries.IsEmpty && ingress.Tls.IsEmpty)
            return false;

        return IsUnknown(ingress, cluster) ? IsSaid(ingress) ? null : false : ServesByClass(ingress, cluster, entryPoints);
    }

    /// <summary>The annotation that makes the controller serve an Ingress without TLS, and the remedy; null if there is none.</summary>
    public static (KeyValuePair<string, string> Annotation, string Remedy)? FindPlain(Ingress ingress, ClusterState cluster)
    {
        if (cluster.ControllerOf(ingress) is not { } controller)
            return null;
        if (controller.Id == "aws-load-balancer" && AlbListeners.Of(ingress) is { SpeakHttps: false })
        {
            var listeners = ingress.Metadata.Annotations[AlbListeners.Annotation]!;
            return (KeyValuePair.Create(AlbListeners.Annotation, listeners), "Set it to '[{\"HTTPS\": 443}]'");
        }

        return controller.TlsSwitch is { } known && ingress.Metadata.Annotations.FirstOrDefault(known.IsOff) is { Key: not null } off
            ? (off, $"Set it to \"{known.On[0]}\"")
            : null;
    }

    /// <summary>Whether an annotation may disable TLS, for any controller.</summary>
    public static bool MayBePlain(Ingress ingress)
    {
        foreach (var (key, _) in ingress.Metadata.Annotations.Entries)
        {
            foreach (var known in Switches)
            {
                if (known.Equals(key, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }

    private static bool IsSaid(Ingress ingress) =>
        ingress.Metadata.Annotations.Any(entry => Annotations.Any(known => entry.Key.StartsWith(known, StringComparison.OrdinalIgnoreCase)));

    private static bool IsUnknown(Ingress ingress, ClusterState cluster)
    {
        var effective = cluster.ClassOf(ingress);
        return !effective.IsKnown || (effective.Name is { } name && IngressController.OfClassName(name) is null && cluster.Find<IngressClass>(null, name).IsUnknown);
    }

    private static bool ServesByClass(Ingress ingress, ClusterState cluster, ImmutableArray<string> entryPoints)
    {
        var annotations = ingress.Metadata.Annotations;
        return cluster.ControllerOf(ingress)?.Id switch
        {
            // Without an ARN it finds certificates by host name: for hosts in spec.tls, and for hosts in rules if it listens for HTTPS.
            "aws-load-balancer" => (Has("alb.ingress.kubernetes.io/certificate-arn") || GoText.IsTrue(annotations["alb.ingress.kubernetes.io/create-acm-cert"]) || ingress.Tls.Any(tls => !tls.Hosts.IsEmpty), AlbListeners.Of(ingress)) switch
            {
                (var hasCertificate, null) => hasCertificate,
                (var hasCertificate, _) => hasCertificate || ingress.Rules.Any(rule => !rule.Host.IsAny),
            },
            "gce" => Has("networking.gke.io/managed-certificates") || Has("ingress.gcp.kubernetes.io/pre-shared-cert"),
            "application-gateway" => Has("appgw.ingress.kubernetes.io/appgw-ssl-certificate"),
            "traefik" => annotations.Any(IsTraefikTls) || annotations.Any(entry => NamesOnly(entry, entryPoints)),
            "cilium" => IsOn("ingress.cilium.io/tls-passthrough") || IsOn("io.cilium.ingress/tls-passthrough"),

            // A minion must not have spec.tls; its master has it.
            "nginx" => annotations["nginx.org/mergeable-ingress-type"] == "minion",

            // The controller redirects plain HTTP if an annotation says so, and for hosts in spec.tls.
            "ingress-nginx" => GoText.IsTrue(annotations["nginx.ingress.kubernetes.io/ssl-passthrough"])
                && (GoText.IsTrue(annotations["nginx.ingress.kubernetes.io/force-ssl-redirect"])
                    || (!ingress.Rules.IsEmpty && ingress.Tls.SelectMany(tls => tls.Hosts).ToHashSet().IsSupersetOf(ingress.RuleHosts))),
            "haproxy" => HaproxyPrefixes.Any(prefix => GoText.IsTrue(annotations[prefix + "ssl-passthrough"])),

            // Every path except / is served over plain HTTP.
            "haproxy-ingress" => GoText.IsTrue(annotations["haproxy-ingress.github.io/ssl-passthrough"] ?? annotations["ingress.kubernetes.io/ssl-passthrough"])
                && !Has("haproxy-ingress.github.io/ssl-passthrough-http-port")
                && !Has("ingress.kubernetes.io/ssl-passthrough-http-port")
                && ingress.Paths.All(path => path.Path is null or "" or "/"),

            // Any other value has no effect. An empty entry selects the certificate of the router.
            "openshift" => annotations["route.openshift.io/termination"] is "edge" or "reencrypt" or "passthrough" || ingress.Tls.Any(tls => tls is { Hosts.IsEmpty: true, SecretName: null }),
            _ => false,
        };

        bool Has(string annotation) => annotations[annotation]?.Trim() is { Length: > 0 };

        bool IsOn(string annotation) => annotations[annotation] is "enabled" || GoText.IsTrue(annotations[annotation]);
    }

    private static bool NamesOnly(KeyValuePair<string, string> annotation, ImmutableArray<string> entryPoints) =>
        annotation.Key.Equals(TraefikPrefix + "router.entrypoints", StringComparison.OrdinalIgnoreCase)
        && annotation.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } named
        && named.All(name => entryPoints.Contains(name));

    /// <summary>Any TLS setting enables it. Traefik ignores the case of the names.</summary>
    private static bool IsTraefikTls(KeyValuePair<string, string> annotation) =>
        annotation.Key.StartsWith(TraefikPrefix, StringComparison.Ordinal)
        && annotation.Key[TraefikPrefix.Length..].ToLowerInvariant() switch
        {
            "router.tls" => GoText.IsTrue(annotation.Value),
            "router.tls.certresolver" or "router.tls.options" => annotation.Value.Trim().Length > 0,
            var name => name.StartsWith("router.tls.domains.", StringComparison.Ordinal) && annotation.Value.Trim().Length > 0,
        };
}
