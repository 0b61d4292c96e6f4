using System.Globalization;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Passes over what an issuer gets, since it does so when the Ingress is there; Secrets that Contour takes from another namespace; and
/// AWS load balancers, which know no Secrets.
/// </summary>
public sealed class IngressTlsSecret() : ValidationRule<Ingress>(
    "ingress-tls-secret",
    "The certificate of every TLS entry is there, for its hosts, and in date.",
    "Controllers put a certificate of their own in the place of one that is missing or unusable, and nobody is told: every client sees a warning, or does not come at all.",
    Enforcement.Warn)
{
    private static readonly Parameter<TimeSpan> WarnBefore =
        Parameter.Duration("warnBefore", "14d", "How long before its end a certificate is told of, which is never more than a warning.");

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
                yield return new(at / "secretName", $"there is no Secret \"{name}\" of type {Secret.TlsType} in namespace {ingress.Metadata.Namespace}", "Create it first, or correct the name") { RestsOn = [secret.Reference] };
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
        { Type: not Secret.TlsType } => ($"Secret \"{secret.Metadata.Name}\" is of type {secret.Type}", $"Make one of type {Secret.TlsType}"),
        { HasCertificate: false } => ($"Secret \"{secret.Metadata.Name}\" has no tls.crt", "Put the certificate there"),
        { HasKey: false } => ($"Secret \"{secret.Metadata.Name}\" has no tls.key", "Put the key there"),
        { Certificate: null } => ($"tls.crt of Secret \"{secret.Metadata.Name}\" holds no certificate", "Put it there as PEM"),
        { Certificate: { } certificate } when IsKnown(now) && certificate.NotAfter < now => ($"the certificate in Secret \"{secret.Metadata.Name}\" ended on {Day(certificate.NotAfter)}", "Renew it"),
        { Certificate: { } certificate } when certificate.NotBefore > now => ($"the certificate in Secret \"{secret.Metadata.Name}\" begins on {Day(certificate.NotBefore)}", "Use one that holds already"),
        _ => null,
    };

    private static IEnumerable<Violation> Compare(FieldPath at, IngressTls tls, Secret secret, RuleContext context)
    {
        var certificate = secret.Certificate!;
        for (var i = 0; i < tls.Hosts.Length; i++)
        {
            if (!tls.Hosts[i].IsAny && !certificate.IsFor(tls.Hosts[i]))
                yield return new(at / "hosts" / i, $"the certificate in Secret \"{secret.Metadata.Name}\" is for {Names(certificate)}, and not for host {tls.Hosts[i]}", "Use one that names the host");
        }

        var now = context.Subject.Time;
        if (IsKnown(now) && certificate.NotAfter - now < context.Parameters.Get(WarnBefore))
            yield return new(at / "secretName", $"the certificate in Secret \"{secret.Metadata.Name}\" ends on {Day(certificate.NotAfter)}", "Renew it") { IsAdvice = true };
    }

    private static string Names(CertificateFacts certificate) => certificate.Names.Length switch
    {
        0 => "no host",
        <= 3 => string.Join(", ", certificate.Names),
        _ => $"{string.Join(", ", certificate.Names.Take(3))} and {certificate.Names.Length - 3} more",
    };

    /// <summary>Where nobody says when it is, nothing has ended.</summary>
    private static bool IsKnown(DateTimeOffset now) => now != DateTimeOffset.MaxValue;

    private static string Day(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
