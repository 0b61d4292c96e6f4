namespace AdmissionWebhook.Policy.Resources;

/// <summary>Whether cert-manager keeps the certificates of an Ingress, so that a Secret may not be there yet.</summary>
internal static class CertManager
{
    public static bool Issues(Ingress ingress) =>
        ingress.Metadata.Annotations["cert-manager.io/issuer"] is not null
        || ingress.Metadata.Annotations["cert-manager.io/cluster-issuer"] is not null
        || GoText.IsTrue(ingress.Metadata.Annotations["kubernetes.io/tls-acme"])
        || ingress.Metadata.Annotations["haproxy-ingress.github.io/cert-signer"] == "acme";
}
