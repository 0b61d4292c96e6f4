using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>A certificate with its chain in one PEM file and its key in another, as a TLS Secret is mounted.</summary>
internal static class CertificateFiles
{
    public static ServingCertificate? Read(IReadOnlyList<ManifestFile> files, ICollection<string> mistakes)
    {
        if (files is not [var certificateFile, var keyFile])
            return null;

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(certificateFile.Text, keyFile.Text);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificateFile.Text);
            return new(certificate, [.. chain.Skip(1)]);
        }
        catch (Exception unusable) when (unusable is CryptographicException or ArgumentException)
        {
            mistakes.Add($"{certificateFile.Path} with key {keyFile.Path}: {unusable.Message}");
            return null;
        }
    }
}
