using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>Reads the authorities of clients, and rejects other clients.</summary>
internal sealed partial class ClientCheck(ServerSettings settings, Metrics metrics, TimeProvider time, ILogger<ClientCheck> logger)
{
    private const string CommonName = "2.5.4.3";

    private readonly ImmutableArray<string> _names = settings.Webhook.ClientNames;
    private readonly LogInterval _refusals = new(time, TimeSpan.FromSeconds(10));

    /// <summary>The authorities in a PEM file.</summary>
    public ClientAuthority? Read(IReadOnlyList<ManifestFile> files, ICollection<string> mistakes)
    {
        var (path, now) = (settings.Webhook.ClientCertificateAuthority, time.GetUtcNow());
        var authorities = new X509Certificate2Collection();
        try
        {
            foreach (var file in files)
                authorities.ImportFromPem(file.Text);
        }
        catch (CryptographicException unusable)
        {
            mistakes.Add($"{path}: {unusable.Message}");
            return null;
        }

        if (authorities.Any(authority => ClientAuthority.IsRoot(authority) && authority.NotBefore <= now && now <= authority.NotAfter))
            return new(authorities, Accept);

        mistakes.Add($"{path}: must hold a self-signed certificate of an authority that is valid now");
        return null;
    }

    private bool Accept(X509Certificate2? client, SslPolicyErrors errors)
    {
        var fault = client is null ? "absent" : errors != SslPolicyErrors.None ? "untrusted" : _names.IsEmpty || NamesOf(client).Any(IsListed) ? null : "unnamed";
        if (fault is null)
            return true;

        metrics.CountRefusedCaller(fault);
        if (_refusals.Passes())
            Log.Refused(logger, fault, client is null ? "none" : Printable.Of(client.Subject));
        return false;
    }

    private bool IsListed(string name) => _names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> NamesOf(X509Certificate2 client) =>
        client.SubjectName.EnumerateRelativeDistinguishedNames().Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName).Select(part => part.GetSingleElementValue()).OfType<string>()
            .Concat(client.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Rejecting a caller for its certificate ({Fault}): {Subject}")]
        public static partial void Refused(ILogger logger, string fault, string subject);
    }
}
