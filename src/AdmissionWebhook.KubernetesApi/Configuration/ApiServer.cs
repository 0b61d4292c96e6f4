using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.KubernetesApi.Configuration;

/// <summary>Where an API server is, why to believe that it is the one, and who asks.</summary>
public sealed record ApiServer
{
    private const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Its address; may have a path.</summary>
    public required Uri Address { get; init; }

    /// <summary>The authorities that may vouch for it; null for those the machine trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>A file of such authorities that somebody else keeps fresh, read with each connection; null where there is none.</summary>
    public string? AuthoritiesFile { get; init; }

    /// <summary>The name its certificate must have, where that is not the address's.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whether its certificate is not looked at.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>A proxy on the way there; null for the environment's (HTTPS_PROXY, NO_PROXY).</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Headers that say as whom it is asked (impersonation); none where it is asked as who asks.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Impersonation { get; init; } = [];

    /// <summary>Who asks.</summary>
    public Credentials Credentials { get; init; } = Credentials.None;

    /// <summary>The namespace of the chosen context or of the pod; null where none is chosen.</summary>
    public string? Namespace { get; init; }

    /// <summary>The cluster this process runs in, from what every pod is given; null outside of one.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="folder">Where the service account's token and authority are.</param>
    public static ApiServer? InCluster(Func<string, string?> environment, string folder = ServiceAccountFolder)
    {
        var (host, port, token) = (environment("KUBERNETES_SERVICE_HOST"), environment("KUBERNETES_SERVICE_PORT"), Path.Combine(folder, "token"));
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(token))
            return null;

        return new()
        {
            Address = new($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}"),
            AuthoritiesFile = Path.Combine(folder, "ca.crt"),
            Credentials = new TokenFile(token),
            Namespace = File.Exists(Path.Combine(folder, "namespace")) ? File.ReadAllText(Path.Combine(folder, "namespace")).Trim() : null,
        };
    }

    /// <summary>A handler that connects to it. HTTP/2 pings notice a connection that died without a word.</summary>
    [SuppressMessage("Security", "CA5359", Justification = "The kubeconfig asks for it, by a name that says what it is.")]
    internal SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.None,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (Proxy is not null)
            (handler.Proxy, handler.UseProxy) = (new WebProxy(Proxy), true);

        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => Credentials.Certificate!;
        if (IsInsecure)
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        else if (Authorities is not null)
            handler.SslOptions.CertificateChainPolicy = TrustOnly(Authorities);
        else if (AuthoritiesFile is not null)
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, faults) => IsTrusted(certificate, chain, faults);
        return handler;
    }

    /// <summary>Whether an authority that the file has now vouches for it. Its name and its times are held to it as ever.</summary>
    private bool IsTrusted(X509Certificate? certificate, X509Chain? offered, SslPolicyErrors faults)
    {
        if (certificate is null || (faults & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
            return false;

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(AuthoritiesFile!);
        using var chain = new X509Chain { ChainPolicy = TrustOnly(authorities) };
        chain.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        foreach (var between in offered?.ChainPolicy.ExtraStore ?? [])
            chain.ChainPolicy.ExtraStore.Add(between);
        return chain.Build(X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()));
    }

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
