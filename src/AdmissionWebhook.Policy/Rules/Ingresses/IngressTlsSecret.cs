using System.Globalization;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Skips certificates from an issuer, which creates them only after the Ingress; Secrets that Contour takes from another namespace; and
/// AWS load balancers, which read no Secrets.
/// </summary>
public sealed class IngressTlsSecret() : ValidationRule<Ingress>(
    "ingress-tls-secret",
    "The certificate of every TLS entry exists, covers its hosts, and has not expired.",
    "If a certificate is missing or invalid, the controller silently serves its own. Every client sees a warning, or does not connect.",
    Enforcement.Warn)
{
    private static readonly Parameter<TimeSpan> WarnBefore =
        Parameter.Duration("warnBefore", "14d", "How long before its expiry to report a certificate, at most as a warning.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [WarnBefore];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Secret, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        if (ingress.Tls.IsEmpty
            || TlsIssuer.Issues(ingress)
            || ingress.Metadata.Annotations["projectcontour.io/tls-cert-namespace"] is not null
            || context.Cluster.ControllerOf(ingress) is { ReadsNoSecrets: true })
        {
            yield break;
        }

        foreach (var tls in ingress.Tls)
        {
            if (tls.SecretName is not { } name)
                continue;

            var at = FieldPath.Spec / "tls" / tls.Index;
            var secret = context.Cluster.Find<Secret>(ingress.Metadata.Namespace, name);
            if (secret.IsUnknown)
                yield return Violation.Unchecked(at / "secretName", secret.Reference);
            else if (secret.Found is not { } found)
                yield return new(at / "secretName", $"Secret \"{name}\" of type {Secret.TlsType} does not exist in namespace \"{ingress.Metadata.Namespace}\"", "Create the Secret first, or correct the name") { RestsOn = [secret.Reference] };
            else if (FaultOf(found, context.Subject.Time) is var (fault, remedy))
                yield return new(at / "secretName", fault, remedy) { RestsOn = [secret.Reference] };
            else
            {
                foreach (var violation in Compare(at, tls, found, context))
                    yield return violation with { RestsOn = [secret.Reference] };
            }
        }
    }

    private static (string Fault, string Remedy)? FaultOf(Secret secret, DateTimeOffset now) => secret switch
    {
        { Type: not Secret.TlsType } => ($"Secret \"{secret.Metadata.Name}\" must be of type {Secret.TlsType}, found \"{secret.Type}\"", $"Create a Secret of type {Secret.TlsType}"),
        { HasCertificate: false } => ($"Secret \"{secret.Metadata.Name}\" has no tls.crt", "Add the certificate"),
        { HasKey: false } => ($"Secret \"{secret.Metadata.Name}\" has no tls.key", "Add the key"),
        { Certificate: null } => ($"tls.crt of Secret \"{secret.Metadata.Name}\" is not a certificate", "Write the certificate as PEM"),
        { Certificate: { } certificate } when IsKnown(now) && certificate.NotAfter < now => ($"the certificate in Secret \"{secret.Metadata.Name}\" expired on {Day(certificate.NotAfter)}", "Renew the certificate"),
        { Certificate: { } certificate } when certificate.NotBefore > now => ($"the certificate in Secret \"{secret.Metadata.Name}\" is not valid before {Day(certificate.NotBefore)}", "Use a certificate that is already valid"),
        _ => null,
    };

    private static IEnumerable<Violation> Compare(FieldPath at, IngressTls tls, Secret secret, RuleContext context)
    {
        var certificate = secret.Certificate!;
        for (var i = 0; i < tls.Hosts.Length; i++)
        {
            if (!tls.Hosts[i].IsAny && !certificate.IsFor(tls.Hosts[i]))
                yield return new(at / "hosts" / i, $"the certificate in Secret \"{secret.Metadata.Name}\" is for {Names(certificate)}, not for host \"{tls.Hosts[i]}\"", "Use a certificate for this host");
        }

        var now = context.Subject.Time;
        if (IsKnown(now) && certificate.NotAfter - now < context.Parameters.Get(WarnBefore))
            yield return new(at / "secretName", $"the certificate in Secret \"{secret.Metadata.Name}\" expires on {Day(certificate.NotAfter)}", "Renew the certificate") { IsAdvice = true };
    }

    private static string Names(CertificateFacts certificate) => certificate.Names.Length switch
    {
        0 => "no host",
        <= 3 => string.Join(", ", certificate.Names),
        _ => $"{string.Join(", ", certificate.Names.Take(3))} and {certificate.Names.Length - 3} more",
    };

    /// <summary>If the time is unknown, nothing has expired.</summary>
    private static bool IsKnown(DateTimeOffset now) => now != DateTimeOffset.MaxValue;

    private static string Day(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
