using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>Whether cert-manager or a controller issues the certificates of an Ingress, so that a Secret may not exist yet.</summary>
internal static class TlsIssuer
{
    private static readonly ImmutableArray<KeyValuePair<string, string>> OfControllers =
        [.. IngressController.All.SelectMany(known => known.Issuers)];

    /// <summary>Whether cert-manager creates a Certificate for each TLS entry.</summary>
    public static bool IsCertManager(Ingress ingress)
    {
        var annotations = ingress.Metadata.Annotations;
        return annotations["cert-manager.io/issuer"] is not null
            || annotations["cert-manager.io/cluster-issuer"] is not null
            || GoText.IsTrue(annotations["kubernetes.io/tls-acme"]);
    }

    public static bool Issues(Ingress ingress)
    {
        if (IsCertManager(ingress))
            return true;

        var annotations = ingress.Metadata.Annotations;
        foreach (var (annotation, value) in OfControllers)
        {
            if (annotations[annotation] == value)
                return true;
        }

        return false;
    }
}
