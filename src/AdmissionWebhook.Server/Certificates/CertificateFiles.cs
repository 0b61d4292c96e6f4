using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>A certificate with its chain in one PEM file and its key in another, as a TLS Secret is mounted.</summary>
/// <param name="names">The names that the certificate must have.</param>
/// <param name="time">The clock for its validity.</param>
internal sealed class CertificateFiles(ImmutableArray<string> names, TimeProvider time)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>API servers reject these: MD5 and SHA-1, with RSA and with ECDSA.</summary>
    private static readonly string[] BrokenSignatures = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];

    public ServingCertificate? Read(IReadOnlyList<ManifestFile> files, ICollection<string> mistakes)
    {
        if (files is not [var certificateFile, var keyFile])
        {
            mistakes.Add("Certificate:CertificateFile and Certificate:KeyFile: must both be files, not folders");
            return null;
        }

        var all = CertificateSecret.ReadAll(certificateFile.Text);
        if (all.IsEmpty)
            mistakes.Add($"{certificateFile.Path}: must hold a certificate in PEM");
        if (!keyFile.Text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            mistakes.Add($"{keyFile.Path}: must hold a private key in PEM");
        else if (keyFile.Text.Contains("ENCRYPTED", StringComparison.Ordinal))
            mistakes.Add($"{keyFile.Path}: the key must not be encrypted");
        foreach (var mistake in all.SelectMany((certificate, index) => MistakesIn(certificate, index == 0 ? "the certificate" : $"{certificate.Subject} in its chain")))
            mistakes.Add($"{certificateFile.Path}: {mistake}");
        foreach (var mistake in all.Take(1).SelectMany(MistakesInUse))
            mistakes.Add($"{certificateFile.Path}: {mistake}");
        if (mistakes.Count > 0)
            return null;

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(certificateFile.Text, keyFile.Text);
            return new(certificate, [.. all.Skip(1)]);
        }
        catch (ArgumentException)
        {
            mistakes.Add($"{keyFile.Path}: the key does not match the certificate in {certificateFile.Path}");
            return null;
        }
        catch (CryptographicException unusable)
        {
            mistakes.Add($"{keyFile.Path}: the key is invalid: {unusable.Message}");
            return null;
        }
    }

    /// <summary>Clocks differ: a certificate that begins in a moment can be valid already for its issuer.</summary>
    private IEnumerable<string> MistakesIn(X509Certificate2 certificate, string what)
    {
        var now = time.GetUtcNow();
        if (CertificateTerms.EndOf(certificate) <= now)
            yield return $"{what} expired on {CertificateTerms.EndOf(certificate):u}";
        if (CertificateTerms.BeginOf(certificate) > now.AddMinutes(5))
            yield return $"{what} is not valid before {CertificateTerms.BeginOf(certificate):u}";
        if (BrokenSignatures.Contains(certificate.SignatureAlgorithm.Value) && !certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
            yield return $"{what} is signed with MD5 or SHA-1, which API servers reject";
    }

    private IEnumerable<string> MistakesInUse(X509Certificate2 certificate)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToList();
        var has = string.Join(", ", alternatives.SelectMany(each => each.EnumerateDnsNames().Concat(each.EnumerateIPAddresses().Select(address => address.ToString()))));
        if (has.Length == 0)
            yield return "the certificate must have a subject alternative name; API servers read no other name";
        foreach (var name in names.Where(name => has.Length > 0 && !certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false)))
            yield return $"the certificate is not for {name}, only for {has}";
        foreach (var usages in certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Select(extension => extension.EnhancedKeyUsages))
        {
            if (usages[ServerAuthentication] is null && usages["2.5.29.37.0"] is null)
                yield return "the certificate must have serverAuth in its extended key usage";
        }
    }
}
