using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Where a controller takes the certificate from, if not from spec.tls: from the cloud's store, from a router's resolver, or from the pod behind a
/// connection that is passed through. To any other controller the same annotation means nothing.
/// </summary>
internal static class TlsElsewhere
{
    private static readonly ImmutableArray<string> Annotations =
    [
        "alb.ingress.kubernetes.io/certificate-arn",
        "networking.gke.io/managed-certificates",
        "ingress.gcp.kubernetes.io/pre-shared-cert",
        "traefik.ingress.kubernetes.io/router.tls",
        "traefik.ingress.kubernetes.io/router.tls.certresolver",
        "nginx.org/mergeable-ingress-type",
        "nginx.ingress.kubernetes.io/ssl-passthrough",
        "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
        "route.openshift.io/termination",
    ];

    /// <summary>Whether the controller of an Ingress serves its hosts with TLS by what an annotation says; null where one says so, and nobody knows the class that decides.</summary>
    public static bool? Serves(Ingress ingress, ClusterState cluster)
    {
        if (ingress.Metadata.Annotations.Entries.IsEmpty && ingress.Tls.IsEmpty)
            return false;

        return IsUnknown(ingress, cluster) ? Annotations.Any(known => ingress.Metadata.Annotations[known] is not null) ? null : false : ServesByClass(ingress, cluster);
    }

    private static bool IsUnknown(Ingress ingress, ClusterState cluster)
    {
        var effective = cluster.ClassOf(ingress);
        return !effective.IsKnown || (effective.Name is { } name && IngressController.OfClassName(name) is null && cluster.Find<IngressClass>(null, name).IsUnknown);
    }

    private static bool ServesByClass(Ingress ingress, ClusterState cluster)
    {
        var annotations = ingress.Metadata.Annotations;
        return cluster.ControllerOf(ingress)?.Id switch
        {
            // Without an ARN it finds the certificates of the hosts in spec.tls by their names.
            "aws-load-balancer" => Has("alb.ingress.kubernetes.io/certificate-arn") || ingress.Tls.Any(tls => !tls.Hosts.IsEmpty),
            "gce" => Has("networking.gke.io/managed-certificates") || Has("ingress.gcp.kubernetes.io/pre-shared-cert"),
            "traefik" => GoText.IsTrue(annotations["traefik.ingress.kubernetes.io/router.tls"]) || Has("traefik.ingress.kubernetes.io/router.tls.certresolver"),

            // A minion may not have spec.tls: its master has.
            "nginx" => annotations["nginx.org/mergeable-ingress-type"] == "minion",
            "ingress-nginx" => GoText.IsTrue(annotations["nginx.ingress.kubernetes.io/ssl-passthrough"]) && GoText.IsTrue(annotations["nginx.ingress.kubernetes.io/force-ssl-redirect"]),
            null => ControllerName(ingress, cluster) switch
            {
                "azure/application-gateway" => Has("appgw.ingress.kubernetes.io/appgw-ssl-certificate"),
                "openshift.io/ingress-to-route" => Has("route.openshift.io/termination"),
                _ => false,
            },
            _ => false,
        };

        bool Has(string annotation) => annotations[annotation] is { Length: > 0 };
    }

    /// <summary>AKS names its controller where others name a class.</summary>
    private static string? ControllerName(Ingress ingress, ClusterState cluster) =>
        cluster.ClassOf(ingress).Name is { } name ? cluster.Find<IngressClass>(null, name).Found?.Controller ?? name : null;
}
