using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.KubernetesApi.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AdmissionWebhook.KubernetesApi.Tests;

/// <summary>Whom a client in a pod believes to be the API server, over real TLS.</summary>
public sealed class TrustTests : IAsyncLifetime
{
    private readonly string _file = Path.GetTempFileName();
    private readonly X509Certificate2 _authority = Authority(), _other = Authority();
    private WebApplication _server = null!;
    private string[] _asked = [];

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(Leaf(_authority))));
        _server = builder.Build();
        _server.Run(http =>
        {
            _asked = [.. http.Request.Headers.Where(header => header.Key is "Authorization" || header.Key.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)).Select(header => $"{header.Key.ToLowerInvariant()}: {header.Value}")];
            return http.Response.WriteAsync("{}");
        });
        await _server.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task Reads_a_rotated_authority_with_the_next_connection()
    {
        Trust(_other);
        using var client = new KubernetesApiClient(At("localhost"));
        Assert.False(await ConnectsAsync(client));

        Trust(_other, _authority);

        Assert.True(await ConnectsAsync(client));
    }

    [Fact]
    public async Task Rejects_a_certificate_for_another_name_of_a_trusted_authority()
    {
        Trust(_authority);
        using var client = new KubernetesApiClient(At("elsewhere.example.com"));

        Assert.False(await ConnectsAsync(client));
    }

    [Fact]
    public async Task Typed_calls_reject_the_same_certificates()
    {
        Trust(_authority);
        using var client = new KubernetesApiClient(At("elsewhere.example.com"));
        using var typed = TypedCalls.Over(client);

        await Assert.ThrowsAsync<HttpRequestException>(() => k8s.CoreV1OperationsExtensions.ReadNamespaceAsync(typed.CoreV1, "default", cancellationToken: default));
    }

    [Fact]
    public async Task Sends_credentials_and_impersonation_with_each_request()
    {
        Trust(_authority);
        using var client = new KubernetesApiClient(At("localhost") with
        {
            Credentials = new FixedCredentials("YTpi", null, "Basic"),
            Impersonation = [new("Impersonate-User", "dev"), new("Impersonate-Group", "a")],
        });

        Assert.True(await ConnectsAsync(client));

        Assert.Equal(["authorization: Basic YTpi", "impersonate-group: a", "impersonate-user: dev"], _asked.Order(StringComparer.Ordinal));
    }

    private void Trust(params X509Certificate2[] authorities) => File.WriteAllText(_file, string.Join('\n', authorities.Select(authority => authority.ExportCertificatePem())));

    private ApiServer At(string name) => new()
    {
        Address = new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()),
        ServerName = name,
        AuthoritiesFile = _file,
    };

    private static async Task<bool> ConnectsAsync(KubernetesApiClient client)
    {
        try
        {
            return await client.GetAsync("api/v1/namespaces/default", json => json.ToArray(), default) is not null;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static X509Certificate2 Leaf(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var issued = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1]);
        return X509CertificateLoader.LoadPkcs12(issued.CopyWithPrivateKey(key).Export(X509ContentType.Pfx), null);
    }
}
