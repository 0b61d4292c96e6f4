using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.KubernetesApi.Configuration;

/// <summary>The address of an API server, the trust in it, and the credentials for it.</summary>
public sealed record ApiServer
{
    private const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Its address, optionally with a path.</summary>
    public required Uri Address { get; init; }

    /// <summary>The trusted authorities; null for those of the machine.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>A file of trusted authorities, read for each connection because it can change; null without one.</summary>
    public string? AuthoritiesFile { get; init; }

    /// <summary>The required name in its certificate, if it differs from the address.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whether the client ignores its certificate.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>The proxy; null for that of the environment (HTTPS_PROXY, NO_PROXY).</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The headers of impersonation; empty without it.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Impersonation { get; init; } = [];

    /// <summary>The credentials.</summary>
    public Credentials Credentials { get; init; } = Credentials.None;

    /// <summary>The namespace of the chosen context or of the pod; null if there is none.</summary>
    public string? Namespace { get; init; }

    /// <summary>The cluster of this process, from the environment and files of its pod; null outside a cluster.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="folder">The folder of the service account's token and authority.</param>
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

    /// <summary>A handler that connects to it. HTTP/2 pings detect a dead connection.</summary>
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

    /// <summary>Whether an authority in the current file signed the certificate. Its name and validity must still be correct.</summary>
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
