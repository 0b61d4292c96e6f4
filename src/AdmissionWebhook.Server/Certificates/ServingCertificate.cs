using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>The certificate that new connections get, with the chain up to the authority that the API server trusts.</summary>
internal sealed class ServingCertificate
{
    private static readonly TimeSpan EphemeralLifetime = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestWarning = TimeSpan.FromDays(30);

    private readonly X509Certificate2? _certificate;

    private ServingCertificate()
    {
    }

    /// <param name="certificate">With its key.</param>
    /// <param name="chain">What is sent with it.</param>
    /// <param name="authority">Who vouches for it without being sent, where that is known.</param>
    public ServingCertificate(X509Certificate2 certificate, X509Certificate2Collection chain, X509Certificate2? authority = null)
    {
        // Windows serves only keys that went through its key store; elsewhere the detour costs a millisecond.
        _certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        Tls.ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, chain, offline: true);
        NotAfter = CertificateTerms.EndOf(certificate);
        AuthorityNotAfter = authority is not null ? CertificateTerms.EndOf(authority) : chain.Count > 0 ? chain.Min(CertificateTerms.EndOf) : null;
    }

    /// <summary>None yet: every handshake fails.</summary>
    public static ServingCertificate None { get; } = new();

    public SslServerAuthenticationOptions Tls { get; } = new() { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };

    public string? Thumbprint => _certificate?.Thumbprint;

    /// <summary>When it expires; null where there is none.</summary>
    public DateTimeOffset? NotAfter { get; }

    /// <summary>When the first of those expires who vouch for it; null where nobody is known.</summary>
    public DateTimeOffset? AuthorityNotAfter { get; }

    /// <summary>Why clients would refuse it; null when they would not.</summary>
    public string? FaultAt(DateTimeOffset now) =>
        _certificate is null ? "no certificate is loaded"
        : now > NotAfter ? $"it expired on {NotAfter:u}"
        : now > AuthorityNotAfter ? $"its authority expired on {AuthorityNotAfter:u}"
        : now < CertificateTerms.BeginOf(_certificate) ? $"it is not valid before {CertificateTerms.BeginOf(_certificate):u}"
        : null;

    /// <summary>That the end is near, and what should have renewed it has not; null while there is time. Issuers renew with a third of the life left, so half of that is late.</summary>
    public string? WarningAt(DateTimeOffset now)
    {
        if (_certificate is null)
            return null;

        var end = AuthorityNotAfter < NotAfter ? AuthorityNotAfter.Value : NotAfter!.Value;
        var late = (NotAfter!.Value - CertificateTerms.BeginOf(_certificate)) / 6;
        return end - now < (late < LongestWarning ? late : LongestWarning) ? $"it expires on {end:u}, and its renewal is overdue" : null;
    }

    /// <summary>Signed by itself and gone with the process, for a laptop.</summary>
    public static ServingCertificate Ephemeral(DateTimeOffset now)
    {
        using var certificate = CertificateIssuer.SelfSign(["localhost", "127.0.0.1", "::1"], EphemeralLifetime, now);
        return new(certificate, []);
    }
}
