using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Tests.Certificates;

public sealed class ClientCertificateTests : IDisposable
{
    private const string ForClients = "1.3.6.1.5.5.7.3.2";
    private const string ForServers = "1.3.6.1.5.5.7.3.1";

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _authority = NewAuthority("CN=authority");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("CN=kube-apiserver")]
    [InlineData("O=system:masters, CN=kube-apiserver")]
    [InlineData("CN=other", "kube-apiserver.example.com")]
    public async Task A_client_with_a_certificate_of_the_authority_and_a_listed_name_may_call(string subject, params string[] names)
    {
        await using var server = await StartAsync("kube-apiserver", "KUBE-apiserver.example.com");

        using var client = Issue(_authority, subject, ForClients, names);

        Assert.Null(await RefusalAsync(server, client));
    }

    [Fact]
    public async Task Without_listed_names_every_client_of_the_authority_may_call()
    {
        await using var server = await StartAsync();

        using var client = Issue(_authority, "CN=anybody", ForClients);

        Assert.Null(await RefusalAsync(server, client));
    }

    [Fact]
    public async Task A_client_without_a_certificate_may_not_call()
    {
        await using var server = await StartAsync();

        Assert.NotNull(await RefusalAsync(server, null));
        await server.UntilAsync("/metrics", "admission_webhook_refused_callers_total{reason=\"absent\"} ");
    }

    [Theory]
    [InlineData("CN=kube-apiserver.evil")]
    [InlineData("CN=jane")]
    [InlineData("O=kube-apiserver, CN=jane")]
    [InlineData("CN=jane", "kube-apiserver.evil")]
    [InlineData("CN=jane\\0A\u202ekube-apiserver")]
    public async Task A_client_of_another_name_may_not_call(string subject, params string[] names)
    {
        await using var server = await StartAsync("kube-apiserver");

        using var client = Issue(_authority, subject, ForClients, names);

        Assert.NotNull(await RefusalAsync(server, client));
        await server.UntilAsync("/metrics", "admission_webhook_refused_callers_total{reason=\"unnamed\"} ");
        await server.Log.WaitForAsync("Rejecting a caller for its certificate (unnamed)");
        Assert.DoesNotContain(server.Log.Lines, line => line.Any(letter => char.IsControl(letter) || letter == '\u202e'));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_of_the_same_name_is_not_trusted()
    {
        using var other = NewAuthority("CN=authority");
        await using var server = await StartAsync();

        using var client = Issue(other, "CN=kube-apiserver", ForClients);

        Assert.NotNull(await RefusalAsync(server, client));
        await server.UntilAsync("/metrics", "admission_webhook_refused_callers_total{reason=\"untrusted\"} ");
    }

    [Fact]
    public async Task Rejects_a_server_certificate_of_a_client()
    {
        await using var server = await StartAsync();

        using var client = Issue(_authority, "CN=kube-apiserver", ForServers);

        Assert.NotNull(await RefusalAsync(server, client));
    }

    [Fact]
    public async Task Rejects_an_expired_client_certificate()
    {
        await using var server = await StartAsync();

        using var client = Issue(_authority, "CN=kube-apiserver", ForClients, end: DateTimeOffset.UtcNow.AddMinutes(-5));

        Assert.NotNull(await RefusalAsync(server, client));
    }

    [Fact]
    public async Task Reloads_a_changed_authority_and_keeps_the_last_good_one_when_the_change_is_invalid()
    {
        using var second = NewAuthority("CN=second");
        using var client = Issue(_authority, "CN=kube-apiserver", ForClients);
        using var later = Issue(second, "CN=kube-apiserver", ForClients);
        await using var server = await StartAsync();

        Write(_authority, second);
        await server.Log.WaitForAsync("Loaded the authority of clients", times: 2);
        Assert.Null(await RefusalAsync(server, client));
        Assert.Null(await RefusalAsync(server, later));

        Write(second);
        await server.Log.WaitForAsync("Loaded the authority of clients", times: 3);
        Assert.NotNull(await RefusalAsync(server, client));
        Assert.Null(await RefusalAsync(server, later));

        _folder.Write("ca.crt", "nothing");
        await server.Log.WaitForAsync("must hold a self-signed certificate of an authority");
        Assert.Null(await RefusalAsync(server, later));
    }

    [Fact]
    public async Task Does_not_start_with_an_invalid_authority()
    {
        using var leaf = Issue(_authority, "CN=leaf", ForClients);
        Write(leaf);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => RunningServer.StartAsync(("Webhook:ClientCertificateAuthority", _folder.PathOf("ca.crt"))));

        Assert.Equal([$"{_folder.PathOf("ca.crt")}: must hold a self-signed certificate of an authority that is valid now"], refused.Mistakes);
    }

    [Fact]
    public async Task The_operations_port_requires_no_certificate()
    {
        await using var server = await StartAsync();

        Assert.Equal((HttpStatusCode.OK, "ok"), await server.GetAsync("/readyz"));
    }

    private Task<RunningServer> StartAsync(params string[] names)
    {
        Write(_authority);
        return RunningServer.StartAsync([("Webhook:ClientCertificateAuthority", _folder.PathOf("ca.crt")), .. names.Select((name, i) => ($"Webhook:ClientNames:{i}", name))]);
    }

    private void Write(params X509Certificate2[] certificates) => _folder.Write("ca.crt", string.Join('\n', certificates.Select(certificate => certificate.ExportCertificatePem())));

    /// <summary>Why a call by a new connection fails, or null when it is answered.</summary>
    private static async Task<Exception?> RefusalAsync(RunningServer server, X509Certificate2? certificate)
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
                ClientCertificateContext = certificate is null ? null : System.Net.Security.SslStreamCertificateContext.Create(certificate, null, offline: true),
            },
        };
        using var client = new HttpClient(handler);
        try
        {
            using var answer = await client.PostAsync(new Uri(server.Webhook, "/validate"), new StringContent(Reviews.Sample("allowed")));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return null;
        }
        catch (HttpRequestException refused)
        {
            return refused;
        }
    }

    private static X509Certificate2 NewAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string subject, string purpose, string[]? names = null, DateTimeOffset? end = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(purpose)], false));
        if (names is { Length: > 0 })
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
                alternatives.AddDnsName(name);
            request.CertificateExtensions.Add(alternatives.Build());
        }

        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddMinutes(-30), end ?? DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
