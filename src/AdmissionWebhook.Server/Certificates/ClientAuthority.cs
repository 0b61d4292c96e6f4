using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>The clients that may call: those with a certificate of certain authorities.</summary>
/// <param name="authorities">The root and intermediate certificates of the clients.</param>
/// <param name="accept">Whether a client with these chain errors may call.</param>
internal sealed class ClientAuthority(X509Certificate2Collection authorities, Func<X509Certificate2?, SslPolicyErrors, bool>? accept)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Every client may call.</summary>
    public static ClientAuthority Anybody { get; } = new([], null);

    /// <summary>The TLS options of this certificate, with the client certificate that they require.</summary>
    public SslServerAuthenticationOptions Demand(SslServerAuthenticationOptions serving) => accept is null ? serving : new()
    {
        ServerCertificateContext = serving.ServerCertificateContext,
        EnabledSslProtocols = serving.EnabledSslProtocols,
        ClientCertificateRequired = true,
        AllowTlsResume = false, // A resumed session would still accept a client of a former authority.
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => accept(certificate as X509Certificate2, errors),
    };

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true, // The unknown client's certificate would choose the address.
        };
        policy.ApplicationPolicy.Add(new(ClientAuthentication));
        foreach (var authority in authorities)
            (IsRoot(authority) ? policy.CustomTrustStore : policy.ExtraStore).Add(authority);
        return policy;
    }

    /// <summary>Whether a chain may end with this certificate.</summary>
    public static bool IsRoot(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
