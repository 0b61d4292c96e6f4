using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>An authority and what it signs, as PEM files in a folder.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly string _folder;
    private readonly X509Certificate2 _authority;

    /// <param name="folder">Where the files go.</param>
    /// <param name="name">The authority's.</param>
    public TestCertificates(string folder, string name = "test authority")
    {
        _folder = folder;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
        File.WriteAllText(ServiceAccountKeyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(ServiceAccountPublicKeyFile, key.ExportSubjectPublicKeyInfoPem());
    }

    public string AuthorityFile => PathOf("ca.crt");

    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>Any key will do to sign service accounts' tokens.</summary>
    public string ServiceAccountKeyFile => PathOf("sa.key");

    public string ServiceAccountPublicKeyFile => PathOf("sa.pub");

    /// <summary>A certificate for localhost and for the webhook's Service that is good for a client too.</summary>
    public (string CertificateFile, string KeyFile) Issue(string name, string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName("admission-webhook.admission-webhook.svc");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(_authority, DateTimeOffset.UtcNow.AddMinutes(-30), DateTimeOffset.UtcNow.AddHours(12), RandomNumberGenerator.GetBytes(8));

        File.WriteAllText(PathOf($"{name}.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        return (PathOf($"{name}.crt"), PathOf($"{name}.key"));
    }

    public void Dispose() => _authority.Dispose();

    private string PathOf(string name) => Path.Combine(_folder, name);
}
