using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Tests.Certificates;

public sealed class CertificateFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_certificate_in_the_files_is_served_with_its_chain_and_followed_when_it_is_renewed()
    {
        Write("first");
        await using var server = await StartAsync();
        var before = await HandshakeAsync(server);

        Write("second");
        await server.Log.WaitForAsync("Loaded the certificate", times: 2);
        var after = await HandshakeAsync(server);

        Assert.Equal(["CN=first", "CN=authority of first"], before);
        Assert.Equal(["CN=second", "CN=authority of second"], after);
    }

    [Fact]
    public async Task A_key_that_does_not_fit_prevents_the_start()
    {
        Write("first");
        var certificate = await File.ReadAllTextAsync(_folder.PathOf("tls.crt"));
        Write("second");
        _folder.Write("tls.crt", certificate);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(StartAsync);

        Assert.StartsWith($"{_folder.PathOf("tls.crt")} with key {_folder.PathOf("tls.key")}: ", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_older_than_TLS_1_2_is_spoken()
    {
        Write("first");
        await using var server = await StartAsync();

#pragma warning disable SYSLIB0039, CA5397, CA5398 // What is refused has to be named.
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(server, SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397, CA5398
        Assert.NotEmpty(await HandshakeAsync(server, SslProtocols.Tls12));
    }

    private Task<RunningServer> StartAsync() =>
        RunningServer.StartAsync(("Certificate:CertificateFile", _folder.PathOf("tls.crt")), ("Certificate:KeyFile", _folder.PathOf("tls.key")));

    private static async Task<string[]> HandshakeAsync(RunningServer server, SslProtocols protocols = SslProtocols.None)
    {
        string[] served = [];
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Webhook.Host, server.Webhook.Port);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                served = [certificate!.Subject, .. chain!.ChainPolicy.ExtraStore.Select(further => further.Subject).Where(subject => subject != certificate.Subject)];
                return true;
            },
        });
        return served;
    }

    /// <summary>Files as an issuer writes them: the certificate, then its authority, but not the root.</summary>
    private void Write(string name)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (from, until) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        using var root = Request($"root of {name}", rootKey, isAuthority: true).CreateSelfSigned(from, until);
        using var authority = Request($"authority of {name}", authorityKey, isAuthority: true).Create(root, from, until, [1]).CopyWithPrivateKey(authorityKey);
        using var certificate = Request(name, key, isAuthority: false).Create(authority, from, until, [2]);

        _folder.Write("tls.key", key.ExportPkcs8PrivateKeyPem());
        _folder.Write("tls.crt", certificate.ExportCertificatePem() + "\n" + authority.ExportCertificatePem());
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        return request;
    }
}
