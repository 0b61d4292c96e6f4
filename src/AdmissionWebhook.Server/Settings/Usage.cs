namespace AdmissionWebhook.Server.Settings;

/// <summary>The text of <c>--help</c>, with every setting.</summary>
internal static class Usage
{
    /// <summary>Name, default and meaning of each setting. docs/settings.md has one line for each.</summary>
    public static ImmutableArray<(string Key, string Default, string Meaning)> Settings { get; } =
    [
        ("Webhook:Address", "every address in a cluster, else 127.0.0.1", "the address on which the server listens"),
        ("Webhook:Port", "8443", "the HTTPS port for POST /validate and POST /mutate"),
        ("Webhook:DrainSeconds", "10 in a cluster, else 0", "how long the server continues to answer after a SIGTERM"),
        ("Webhook:MaxConnections", "1200", "the maximum number of connections; new ones replace idle ones"),
        ("Webhook:MaxConnectionsPerAddress", "half of MaxConnections", "the maximum number of connections from one IPv4 address or IPv6 /64"),
        ("Webhook:Http2", "false", "whether to allow HTTP/2 too; safe only where no one but API servers can connect"),
        ("Webhook:MaxStreamsPerConnection", "100", "the maximum number of concurrent requests on one HTTP/2 connection"),
        ("Webhook:HandshakeTimeout", "5s", "the time limit for a TLS handshake"),
        ("Webhook:FirstRequestTimeout", "10s", "how long a connection may stay silent while a quarter of MaxConnections is in use"),
        ("Webhook:BodyTimeout", "5s", "the time limit for the body of a review (408)"),
        ("Webhook:MaxReviews", "2000", "the maximum number of reviews in progress; the server rejects more (429)"),
        ("Webhook:MaxReviewsPerAddress", "half of MaxReviews", "the maximum number of reviews from one IPv4 address or IPv6 /64"),
        ("Webhook:MaxReviewBytes", "3145728", "the maximum size of a review in bytes; the server rejects a larger one (413)"),
        ("Webhook:ClientCertificateAuthority", "none", "a PEM file; only clients with a certificate of these authorities may call"),
        ("Webhook:ClientNames", "all", "only clients with one of these names may call (Webhook:ClientNames:0, …)"),
        ("Webhook:CallerTokens:Jwks", "none", "a JSON Web Key Set; only callers with a token signed by one of its keys may call"),
        ("Webhook:CallerTokens:Issuer", "none", "the required issuer of the tokens"),
        ("Webhook:CallerTokens:Audience", "none", "the accepted audiences of the tokens (Webhook:CallerTokens:Audience:0, …)"),
        ("Webhook:CallerTokens:Subjects", "none", "the subjects that may call with a token that attests no API group (Webhook:CallerTokens:Subjects:0, …)"),
        ("Operations:Port", "8080", "the HTTP port for GET /livez, /readyz (?verbose) and /metrics"),
        ("Operations:MaxConnections", "500", "the maximum number of connections on this port; one address gets half of them"),
        ("Console:Port", "8081", "reserved for a web page"),
        ("Cluster:Source", "Auto", "InCluster, Kubeconfig or Manifests; Auto uses the cluster in which the server runs, else the samples"),
        ("Cluster:Kubeconfig", "KUBECONFIG, else ~/.kube/config", "for Cluster:Source=Kubeconfig"),
        ("Cluster:Context", "the current one", "for Cluster:Source=Kubeconfig"),
        ("Cluster:Namespace", "the pod's, else admission-webhook", "the namespace of the replicas' Leases and of their certificate"),
        ("Cluster:Manifests", "the samples", "files or folders, for Cluster:Source=Manifests (Cluster:Manifests:0, …)"),
        ("Policy:Source", "Auto", "Cluster or Files; Auto is Cluster when Cluster:Source is InCluster, else Files"),
        ("Policy:Files", "the built-in policy", "files or folders, for Policy:Source=Files (Policy:Files:0, …)"),
        ("Certificate:Source", "Auto", "Files, SelfManaged or Ephemeral"),
        ("Certificate:CertificateFile", "none", "PEM, for Certificate:Source=Files"),
        ("Certificate:KeyFile", "none", "PEM, for Certificate:Source=Files"),
        ("Certificate:ServiceName", "admission-webhook", "the Service that API servers call"),
        ("Certificate:Names", "none", "more DNS names and IP addresses (Certificate:Names:0, …)"),
        ("Certificate:SecretName", "admission-webhook", "for Certificate:Source=SelfManaged: the Secret, in Cluster:Namespace"),
        ("Certificate:WebhookConfiguration", "admission-webhook", "the name of both webhook configurations whose caBundle the server writes"),
        ("Certificate:Lifetime", "90d", "the lifetime of a certificate; the server renews it after two thirds"),
        ("Certificate:AuthorityLifetime", "365d", "the lifetime of an authority"),
        ("Certificate:TrustDelay", "30s", "how long the server waits until all API servers trust a new authority"),
        ("Audit:File", "none", "the file for decision records, one JSON line each"),
        ("Audit:Stdout", "true", "whether to write decision records to standard output"),
    ];

    public static string Text =>
        $"""
        Validates the requests of the API server by the given policies.

        AdmissionWebhook.Server [--SETTING=VALUE …]

        Write a setting in appsettings.json in the working directory, in the environment ({ServerSettings.EnvironmentPrefix}Webhook__Port=8443) or on the command
        line (--Webhook:Port=8443). A later place overrides an earlier one.

        {string.Join(Environment.NewLine, Settings.Select(setting => $"  {setting.Key,-36}{setting.Meaning} [{setting.Default}]"))}

        SIGTERM stops the server after Webhook:DrainSeconds, SIGINT (Ctrl+C) stops it at once. After a second signal the server does not wait for reviews in progress.
        """;
}
