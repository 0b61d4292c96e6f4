namespace AdmissionWebhook.Server.Settings;

/// <summary>What <c>--help</c> prints: every setting there is.</summary>
internal static class Usage
{
    /// <summary>Name, default and meaning of each, as the README has them.</summary>
    public static ImmutableArray<(string Key, string Default, string Meaning)> Settings { get; } =
    [
        ("Webhook:Address", "every address in a cluster, else 127.0.0.1", "where it listens"),
        ("Webhook:Port", "8443", "HTTPS: POST /validate, POST /mutate"),
        ("Webhook:DrainSeconds", "10 in a cluster, else 0", "how long it serves on after a SIGTERM"),
        ("Webhook:MaxConnections", "1200", "the most connections at a time; idle ones give way to new ones"),
        ("Webhook:MaxConnectionsPerAddress", "half of MaxConnections", "the most of one IPv4 address or IPv6 /64"),
        ("Webhook:Http2", "false", "whether HTTP/2 is spoken too; only where none but API servers can connect"),
        ("Webhook:MaxStreamsPerConnection", "100", "the most requests of an HTTP/2 connection at a time"),
        ("Webhook:HandshakeTimeout", "5s", "how long a TLS handshake may take"),
        ("Webhook:FirstRequestTimeout", "10s", "how long a connection may say nothing while a quarter of MaxConnections is in use"),
        ("Webhook:BodyTimeout", "5s", "how long the body of a review may take to come (408)"),
        ("Webhook:MaxReviews", "2000", "the most reviews under way; more are refused for the moment (429)"),
        ("Webhook:MaxReviewsPerAddress", "half of MaxReviews", "the most of one IPv4 address or IPv6 /64"),
        ("Webhook:MaxReviewBytes", "3145728", "the largest review; a larger one is refused (413)"),
        ("Webhook:ClientCertificateAuthority", "none", "a PEM file; only clients with a certificate of its authorities may call"),
        ("Webhook:ClientNames", "all", "and only those of these names (Webhook:ClientNames:0, …)"),
        ("Webhook:CallerTokens:Jwks", "none", "a JSON Web Key Set; only callers with a token signed by its keys may call"),
        ("Webhook:CallerTokens:Issuer", "none", "the issuer of those tokens"),
        ("Webhook:CallerTokens:Audience", "none", "whom a token must be for (Webhook:CallerTokens:Audience:0, …)"),
        ("Webhook:CallerTokens:Subjects", "none", "who may call with a token that attests no API group (Webhook:CallerTokens:Subjects:0, …)"),
        ("Operations:Port", "8080", "HTTP: GET /livez, /readyz (?verbose), /metrics"),
        ("Operations:MaxConnections", "500", "the most connections there, half of them of one address"),
        ("Console:Port", "8081", "kept for a web page to come"),
        ("Cluster:Source", "Auto", "InCluster, Kubeconfig or Manifests; Auto takes the cluster it runs in, else the samples"),
        ("Cluster:Kubeconfig", "KUBECONFIG, else ~/.kube/config", "for Cluster:Source=Kubeconfig"),
        ("Cluster:Context", "the current one", "for Cluster:Source=Kubeconfig"),
        ("Cluster:Namespace", "the pod's, else admission-webhook", "where replicas agree on the one that writes the status of policies"),
        ("Cluster:Manifests", "the samples", "files or folders, for Cluster:Source=Manifests (Cluster:Manifests:0, …)"),
        ("Policy:Source", "Auto", "Cluster or Files; Auto takes Cluster when Cluster:Source is InCluster, else Files"),
        ("Policy:Files", "the built-in policy", "files or folders, for Policy:Source=Files (Policy:Files:0, …)"),
        ("Certificate:Source", "Auto", "Files, SelfManaged or Ephemeral"),
        ("Certificate:CertificateFile", "none", "PEM, for Certificate:Source=Files"),
        ("Certificate:KeyFile", "none", "PEM, for Certificate:Source=Files"),
        ("Certificate:ServiceName", "admission-webhook", "the Service that API servers call"),
        ("Certificate:Names", "none", "further names and addresses (Certificate:Names:0, …)"),
        ("Certificate:SecretName", "admission-webhook", "for Certificate:Source=SelfManaged: the Secret, in Cluster:Namespace"),
        ("Certificate:WebhookConfiguration", "admission-webhook", "the registrations whose caBundle is kept"),
        ("Certificate:Lifetime", "90d", "of a certificate, which is renewed at two thirds of it"),
        ("Certificate:AuthorityLifetime", "365d", "of what signs them"),
        ("Certificate:TrustDelay", "30s", "how long API servers have to learn of a new authority"),
        ("Audit:File", "none", "where decision records go, one JSON line each"),
        ("Audit:Stdout", "true", "whether they go to standard output"),
    ];

    public static string Text =>
        $"""
        Judges what the API server asks, by the policies it is given.

        AdmissionWebhook.Server [--SETTING=VALUE …]

        A setting stands in appsettings.json in the working directory, in the environment ({ServerSettings.EnvironmentPrefix}Webhook__Port=8443) or on the command
        line (--Webhook:Port=8443); the later one wins.

        {string.Join(Environment.NewLine, Settings.Select(setting => $"  {setting.Key,-36}{setting.Meaning} [{setting.Default}]"))}

        SIGTERM stops it after Webhook:DrainSeconds, SIGINT (Ctrl+C) at once, and a second signal without waiting for what is under way.
        """;
}
