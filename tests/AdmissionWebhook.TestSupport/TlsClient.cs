using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.TestSupport;

/// <summary>A client that looks at certificates as an API server does: it trusts a caBundle and nobody else.</summary>
public static class TlsClient
{
    /// <summary>Shakes hands, and tells what was served.</summary>
    /// <param name="server">Where it listens.</param>
    /// <param name="name">By which it is called.</param>
    /// <param name="bundle">Who is trusted, in PEM; null to trust anybody.</param>
    /// <param name="protocols">What is spoken.</param>
    /// <returns>The certificate, then the further ones that were sent.</returns>
    /// <exception cref="AuthenticationException">The server is not to be trusted.</exception>
    public static async Task<IReadOnlyList<X509Certificate2>> HandshakeAsync(Uri server, string name, string? bundle, SslProtocols protocols = SslProtocols.None)
    {
        List<X509Certificate2> served = [];
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host, server.Port);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                var leaf = new X509Certificate2(certificate!);
                served = [leaf, .. chain!.ChainPolicy.ExtraStore.Where(further => further.Thumbprint != leaf.Thumbprint).Select(further => new X509Certificate2(further))];
                return bundle is null || (leaf.MatchesHostname(name, allowCommonName: false) && IsVouchedFor(leaf, served, bundle));
            },
        });

        // With TLS 1.3 only an answer shows that the server is content too.
        await tls.WriteAsync("GET / HTTP/1.1\r\nHost: webhook\r\nConnection: close\r\n\r\n"u8.ToArray());
        return await tls.ReadAsync(new byte[16]) > 0 ? served : throw new IOException("The server hung up.");
    }

    private static bool IsVouchedFor(X509Certificate2 certificate, IEnumerable<X509Certificate2> sent, string bundle)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(bundle);
        chain.ChainPolicy.ExtraStore.AddRange(sent.ToArray());
        return chain.Build(certificate);
    }
}
