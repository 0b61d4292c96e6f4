using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>The certificate that new connections get, with the chain up to the authority that the API server trusts.</summary>
internal sealed class ServingCertificate
{
    private static readonly TimeSpan EphemeralLifetime = TimeSpan.FromDays(30);

    private readonly X509Certificate2? _certificate;

    private ServingCertificate()
    {
    }

    public ServingCertificate(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        // Windows serves only keys that went through its key store; elsewhere the detour costs a millisecond.
        _certificate = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        Tls.ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, chain, offline: true);
    }

    /// <summary>None yet: every handshake fails.</summary>
    public static ServingCertificate None { get; } = new();

    public SslServerAuthenticationOptions Tls { get; } = new() { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };

    /// <summary>Why clients would refuse it; null when they would not.</summary>
    public string? FaultAt(DateTimeOffset now) =>
        _certificate is null ? "there is none"
        : now > _certificate.NotAfter ? $"it expired on {_certificate.NotAfter.ToUniversalTime():u}"
        : now < _certificate.NotBefore ? $"it is not valid before {_certificate.NotBefore.ToUniversalTime():u}"
        : null;

    /// <summary>Signed by itself and gone with the process, for a laptop.</summary>
    public static ServingCertificate Ephemeral(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + EphemeralLifetime);
        return new(certificate, []);
    }
}
