using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>The certificate for new connections, with the chain up to the authority that the API server trusts.</summary>
internal sealed class ServingCertificate
{
    private static readonly TimeSpan EphemeralLifetime = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestWarning = TimeSpan.FromDays(30);

    private readonly X509Certificate2? _certificate;

    private ServingCertificate()
    {
    }

    /// <param name="certificate">The certificate with its key.</param>
    /// <param name="chain">The certificates to send with it.</param>
    /// <param name="authority">The authority, which is not sent; null if it is unknown.</param>
    public ServingCertificate(X509Certificate2 certificate, X509Certificate2Collection chain, X509Certificate2? authority = null)
    {
        // Windows serves only keys from its key store; elsewhere the detour costs a millisecond.
        _certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        Tls.ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, chain, offline: true);
        NotAfter = CertificateTerms.EndOf(certificate);
        AuthorityNotAfter = authority is not null ? CertificateTerms.EndOf(authority) : chain.Count > 0 ? chain.Min(CertificateTerms.EndOf) : null;
    }

    /// <summary>No certificate yet: every handshake fails.</summary>
    public static ServingCertificate None { get; } = new();

    public SslServerAuthenticationOptions Tls { get; } = new() { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };

    public string? Thumbprint => _certificate?.Thumbprint;

    /// <summary>When it expires; null without a certificate.</summary>
    public DateTimeOffset? NotAfter { get; }

    /// <summary>When the first authority in its chain expires; null if none is known.</summary>
    public DateTimeOffset? AuthorityNotAfter { get; }

    /// <summary>Why clients would reject it; null if they would not.</summary>
    public string? FaultAt(DateTimeOffset now) =>
        _certificate is null ? "no certificate is loaded"
        : now > NotAfter ? $"it expired on {NotAfter:u}"
        : now > AuthorityNotAfter ? $"its authority expired on {AuthorityNotAfter:u}"
        : now < CertificateTerms.BeginOf(_certificate) ? $"it is not valid before {CertificateTerms.BeginOf(_certificate):u}"
        : null;

    /// <summary>
    /// A warning that renewal is overdue; null while there is time. Issuers renew at a third of the remaining lifetime, so half of that is late.
    /// </summary>
    public string? WarningAt(DateTimeOffset now)
    {
        if (_certificate is null)
            return null;

        var end = AuthorityNotAfter < NotAfter ? AuthorityNotAfter.Value : NotAfter!.Value;
        var late = (NotAfter!.Value - CertificateTerms.BeginOf(_certificate)) / 6;
        return end - now < (late < LongestWarning ? late : LongestWarning) ? $"it expires on {end:u}, and its renewal is overdue" : null;
    }

    /// <summary>A self-signed certificate that exists only in this process, for use outside a cluster.</summary>
    public static ServingCertificate Ephemeral(DateTimeOffset now)
    {
        using var certificate = CertificateIssuer.SelfSign(["localhost", "127.0.0.1", "::1"], EphemeralLifetime, now);
        return new(certificate, []);
    }
}
