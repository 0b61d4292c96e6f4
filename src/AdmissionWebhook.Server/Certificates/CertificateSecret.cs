using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>The Secret that all replicas share, with its valid parts.</summary>
internal sealed record CertificateSecret
{
    public const string AuthoritiesKey = "ca.crt", AuthorityKeyKey = "ca.key", CertificateKey = "tls.crt", CertificateKeyKey = "tls.key";

    /// <summary>The Secret does not exist.</summary>
    public static CertificateSecret None { get; } = new();

    /// <summary>The authorities that clients must trust, the newest first.</summary>
    public ImmutableArray<X509Certificate2> Authorities { get; init; } = [];

    /// <summary>The authority that signs, with its key.</summary>
    public X509Certificate2? Issuer { get; init; }

    /// <summary>The served certificate, with its key.</summary>
    public X509Certificate2? Serving { get; init; }

    /// <summary>The errors in the Secret.</summary>
    public ImmutableArray<string> Mistakes { get; init; } = [];

    /// <summary>The whole object with its labels; null if it does not exist.</summary>
    public JsonObject? Object { get; init; }

    /// <summary>The required value of <c>caBundle</c>.</summary>
    public string Bundle => string.Concat(Authorities.Select(authority => authority.ExportCertificatePem() + "\n"));

    public static CertificateSecret Read(ReadOnlySpan<byte> json)
    {
        var secret = JsonNode.Parse(json, documentOptions: ObjectReader.DocumentOptions)!.AsObject();

        // The API server writes managedFields itself; they can nest deeper than the writer allows.
        (secret["metadata"] as JsonObject)?.Remove("managedFields");
        var (data, mistakes) = (secret["data"] as JsonObject ?? [], new List<string>());
        var authorities = CertificatesIn(AuthoritiesKey);
        return new()
        {
            Object = secret,
            Authorities = NewestFirst(authorities),
            Issuer = WithKey(AuthorityKeyKey, authorities),
            Serving = WithKey(CertificateKeyKey, [.. CertificatesIn(CertificateKey).Take(1)]),
            Mistakes = [.. mistakes],
        };

        string? TextOf(string key)
        {
            try
            {
                return (string?)data[key] is { Length: > 0 } text ? Encoding.UTF8.GetString(Convert.FromBase64String(text)) : null;
            }
            catch (Exception unreadable) when (unreadable is FormatException or InvalidOperationException)
            {
                mistakes.Add($"{key} must be Base64");
                return null;
            }
        }

        ImmutableArray<X509Certificate2> CertificatesIn(string key)
        {
            if (TextOf(key) is not { } text)
                return [];

            var found = ReadAll(text);
            if (found.IsEmpty)
                mistakes.Add($"{key} must hold a certificate");
            return found;
        }

        X509Certificate2? WithKey(string key, ImmutableArray<X509Certificate2> candidates)
        {
            if (TextOf(key) is not { } text)
                return null;

            foreach (var candidate in candidates)
            {
                if (Join(candidate, text) is { } joined)
                    return joined;
            }

            mistakes.Add($"{key} must be the ECDSA key of a certificate");
            return null;
        }
    }

    /// <summary>Every certificate of a PEM text; none if the text is invalid.</summary>
    public static ImmutableArray<X509Certificate2> ReadAll(string pem)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(pem);
            return [.. all];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    public static ImmutableArray<X509Certificate2> NewestFirst(IEnumerable<X509Certificate2> authorities) =>
        [.. authorities.DistinctBy(authority => authority.Thumbprint).OrderByDescending(authority => authority.NotBefore)];

    /// <summary>The object to store, with all fields that others added.</summary>
    public byte[] Write(string @namespace, string name)
    {
        var secret = Object?.DeepClone().AsObject() ?? new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace, ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "admission-webhook" } },
            ["type"] = "Opaque",
        };
        if (secret["data"] is not JsonObject data)
            secret["data"] = data = [];
        data[AuthoritiesKey] = Encode(Bundle);
        data[AuthorityKeyKey] = Encode(KeyOf(Issuer));
        data[CertificateKey] = Encode(Serving!.ExportCertificatePem() + "\n");
        data[CertificateKeyKey] = Encode(KeyOf(Serving));
        return Encoding.UTF8.GetBytes(secret.ToJsonString());
    }

    private static string KeyOf(X509Certificate2? certificate)
    {
        using var key = certificate!.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static X509Certificate2? Join(X509Certificate2 certificate, string keyPem)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(keyPem);
            return certificate.CopyWithPrivateKey(key);
        }
        catch (Exception unusable) when (unusable is CryptographicException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
