using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>
/// Whether API servers trust the served certificate: compares the certificate of the Secret with the caBundle of each entry, its names and its
/// validity.
/// </summary>
internal static class CertificateCheck
{
    private const string Name = "certificate";
    private const string Renew = "Its issuer is late: read the log of the replicas, or the status of the Certificate of cert-manager";

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        var secretName = SecretOf(await installation.FindDeploymentAsync());
        var (certificates, fault) = Read(await installation.FindAsync((api, cancellation) => api.CoreV1.ReadNamespacedSecretAsync(secretName, installation.Namespace, cancellationToken: cancellation)));
        if (certificates is not [var certificate, ..])
        {
            yield return new(Name, Health.Wrong, $"Secret {installation.Namespace}/{secretName} {fault}", Renew);
            yield break;
        }

        yield return Age(certificate, $"The certificate of Secret {secretName}", installation.Now);
        if (!certificate.MatchesHostname(installation.ServiceName, allowWildcards: true, allowCommonName: false))
            yield return new(Name, Health.Wrong, $"The certificate is not for {installation.ServiceName}, the name that the API server calls", $"Issue it for {installation.ServiceName}");

        foreach (var entry in (await Registration.ReadAllAsync(installation)).SelectMany(registration => registration.Entries ?? []).Where(entry => entry.HasBundle))
        {
            yield return entry.Bundle is not { } trusted ? new(Name, Health.Wrong, $"The caBundle of {entry.Name} has no certificate", "Restart the replicas, or install the webhook again")
                : AuthorityOf(certificates, trusted, installation.Now) is not { } authority
                    ? new(Name, Health.Wrong, $"The caBundle of {entry.Name} does not hold the authority of the certificate", "If the replicas manage it, they fix this within seconds; otherwise see permissions. If you manage it, put the authority's certificate there")
                : Age(authority, $"The caBundle of {entry.Name} holds the authority of the certificate; the authority", installation.Now);
        }
    }

    /// <summary>The Secret that the replicas serve: a mounted one, or their own.</summary>
    private static string SecretOf(V1Deployment? deployment) =>
        (deployment?.Spec.Template.Spec.Volumes ?? []).FirstOrDefault(volume => volume.Name == "certificate")?.Secret?.SecretName ?? Installation.Name;

    /// <summary>The served certificate, followed by its intermediate authorities.</summary>
    private static (X509Certificate2Collection? Certificates, string? Fault) Read(V1Secret? secret)
    {
        if (secret is null)
            return (null, "does not exist");
        if (secret.Data?.TryGetValue("tls.crt", out var data) is not true || data.Length == 0)
            return (null, "has no certificate yet");

        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(Encoding.UTF8.GetString(data));
            return (certificates, certificates.Count == 0 ? "has no valid certificate" : null);
        }
        catch (CryptographicException unreadable)
        {
            return (null, $"has no valid certificate: {unreadable.Message}");
        }
    }

    private static Diagnosis Age(X509Certificate2 certificate, string what, DateTimeOffset now)
    {
        DateTimeOffset begin = certificate.NotBefore.ToUniversalTime(), end = certificate.NotAfter.ToUniversalTime();
        var until = end.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
        return now < begin ? new(Name, Health.Wrong, $"{what} is not valid yet", "Check the clocks of the machines")
            : now >= end ? new(Name, Health.Wrong, $"{what} expired at {until}", Renew)
            : end - now < (end - begin) / 4 ? new(Name, Health.Warning, $"{what} expires at {until}, and its renewal is overdue", Renew)
            : new(Name, Health.Ok, $"{what} is valid until {until}");
    }

    /// <summary>The authority of the certificate, expired or not; null if there is none.</summary>
    private static X509Certificate2? AuthorityOf(X509Certificate2Collection served, X509Certificate2Collection trusted, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.ExtraStore.AddRange(served);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.IgnoreCtlNotTimeValid;
        return chain.Build(served[0]) ? chain.ChainElements[^1].Certificate : null;
    }
}
