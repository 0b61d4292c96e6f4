using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>core/v1 Secret, as far as it holds a certificate: nothing else of it is kept, and of the private key only that there is one.</summary>
public sealed class Secret : KubernetesObject
{
    /// <summary>The type of Secrets with a certificate and its key.</summary>
    public const string TlsType = "kubernetes.io/tls";

    /// <summary>Opaque where none is written.</summary>
    public string Type { get; private init; } = "Opaque";

    /// <summary>Whether there is a tls.key that is not empty.</summary>
    public bool HasKey { get; private init; }

    /// <summary>Whether there is a tls.crt that is not empty.</summary>
    public bool HasCertificate { get; private init; }

    /// <summary>The first certificate in tls.crt, which is the server's own; null where there is none that can be read.</summary>
    public CertificateFacts? Certificate { get; private init; }

    internal static Secret Read(ref ObjectReader json)
    {
        var metadata = ObjectMeta.Empty;
        string? type = null;
        var hasKey = false;
        byte[]? written = null;

        if (!json.Begin())
            return new();

        while (json.NextField())
        {
            if (json.Is("metadata"u8))
                metadata = ObjectMeta.Read(ref json) with { Labels = TextMap.Empty, Annotations = TextMap.Empty };
            else if (json.Is("type"u8))
                type = json.Text();
            else if (json.Is("data"u8) && json.Begin())
                ReadData(ref json, isEncoded: true, ref hasKey, ref written);
            else if (json.Is("stringData"u8) && json.Begin())
                ReadData(ref json, isEncoded: false, ref hasKey, ref written);
            else
                json.Skip();
        }

        return new()
        {
            Metadata = metadata,
            Type = string.IsNullOrEmpty(type) ? "Opaque" : type,
            HasKey = hasKey,
            HasCertificate = written is { Length: > 0 },
            Certificate = written is { Length: > 0 } ? CertificateFacts.Read(written) : null,
        };
    }

    private static void ReadData(ref ObjectReader json, bool isEncoded, ref bool hasKey, ref byte[]? written)
    {
        while (json.NextField())
        {
            if (json.Is("tls.key"u8))
                hasKey |= json.SkipText();
            else if (json.Is("tls.crt"u8))
                written = (isEncoded ? json.Base64() : json.Text() is { } text ? Encoding.UTF8.GetBytes(text) : null) ?? written;
            else
                json.Skip();
        }
    }
}

/// <summary>What is public of a certificate and decides whether clients trust it.</summary>
/// <param name="Names">The DNS names of its subjectAltName, the only ones that clients look at.</param>
/// <param name="NotBefore">When it begins to hold.</param>
/// <param name="NotAfter">When it ends.</param>
public sealed record CertificateFacts(ImmutableArray<Host> Names, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>Public authorities issue no certificate with more names than 100.</summary>
    private const int MostNames = 1000;

    private const int Few = 16;

    private HashSet<Host>? _names;

    /// <summary>Whether a client that asks for <paramref name="host"/> accepts it; a wildcard stands for one label.</summary>
    public bool IsFor(Host host)
    {
        if (Names.Length <= Few)
            return Names.Any(name => !name.IsAny && name.Covers(host));

        _names ??= [.. Names.Where(name => !name.IsAny)];
        return _names.Contains(host) || (host.CoveringWildcard is { } wildcard && _names.Contains(Host.Parse(wildcard)));
    }

    /// <summary>Reads PEM; null where it holds no certificate.</summary>
    internal static CertificateFacts? Read(byte[] pem)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(pem));
            var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames());
            var (notBefore, notAfter) = ReadValidity(certificate.RawDataMemory);
            return new([.. names.Take(MostNames).Select(Host.Parse)], notBefore, notAfter);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or AsnContentException)
        {
            return null;
        }
    }

    /// <summary>As instants (RFC 5280, 4.1.2.5), where .NET would give the local time of this machine.</summary>
    private static (DateTimeOffset NotBefore, DateTimeOffset NotAfter) ReadValidity(ReadOnlyMemory<byte> der)
    {
        var fields = new AsnReader(der, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        if (fields.PeekTag().TagClass == TagClass.ContextSpecific)
            fields.ReadEncodedValue(); // version
        fields.ReadEncodedValue(); // serialNumber
        fields.ReadEncodedValue(); // signature
        fields.ReadEncodedValue(); // issuer

        var validity = fields.ReadSequence();
        return (ReadTime(validity), ReadTime(validity));
    }

    private static DateTimeOffset ReadTime(AsnReader times) =>
        times.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? times.ReadUtcTime() : times.ReadGeneralizedTime();
}
