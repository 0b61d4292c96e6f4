using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>Who may call: clients with a certificate of certain authorities.</summary>
/// <param name="authorities">Theirs, and whatever stands between them and the clients'.</param>
/// <param name="accept">Whether a client may call whose chain has these errors.</param>
internal sealed class ClientAuthority(X509Certificate2Collection authorities, Func<X509Certificate2?, SslPolicyErrors, bool>? accept)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Whoever reaches the port.</summary>
    public static ClientAuthority Anybody { get; } = new([], null);

    /// <summary>What a handshake with this certificate asks of the client.</summary>
    public SslServerAuthenticationOptions Demand(SslServerAuthenticationOptions serving) => accept is null ? serving : new()
    {
        ServerCertificateContext = serving.ServerCertificateContext,
        EnabledSslProtocols = serving.EnabledSslProtocols,
        ClientCertificateRequired = true,
        AllowTlsResume = false, // It would carry a client over that an earlier authority let in.
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => accept(certificate as X509Certificate2, errors),
    };

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true, // A stranger's certificate says from where.
        };
        policy.ApplicationPolicy.Add(new(ClientAuthentication));
        foreach (var authority in authorities)
            (IsRoot(authority) ? policy.CustomTrustStore : policy.ExtraStore).Add(authority);
        return policy;
    }

    /// <summary>Whether a chain may end there.</summary>
    public static bool IsRoot(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
