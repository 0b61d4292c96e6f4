using System.Net;
using System.Net.Sockets;

namespace AdmissionWebhook.Server.Settings;

/// <summary>All settings of the server, validated, with the defaults filled in.</summary>
internal sealed record ServerSettings
{
    /// <summary>Pods have addresses of one family or of both; <c>::</c> accepts connections of both.</summary>
    private static readonly string EveryAddress = Socket.OSSupportsIPv6 ? "::" : "0.0.0.0";

    public const string EnvironmentPrefix = "ADMISSIONWEBHOOK__";

    public required bool InCluster { get; init; }

    public required WebhookSettings Webhook { get; init; }

    public required PortSettings Operations { get; init; }

    public required PortSettings Console { get; init; }

    public required ClusterSettings Cluster { get; init; }

    public required PolicySettings Policy { get; init; }

    public required CertificateSettings Certificate { get; init; }

    public required AuditSettings Audit { get; init; }

    /// <summary>Reads appsettings.json, then the environment, then the command line; the later one wins.</summary>
    /// <exception cref="StartRefusedException">Settings are invalid; the exception lists all errors.</exception>
    public static ServerSettings Read(string[] args, bool inCluster)
    {
        List<string> mistakes = [.. CommandLine.FindMistakes(args)];
        if (mistakes.Count > 0)
            throw new StartRefusedException(mistakes);

        try
        {
            var configuration = new ConfigurationBuilder()
                .SetBasePath(Directory.GetCurrentDirectory())
                .AddJsonFile("appsettings.json", optional: true)
                .AddEnvironmentVariables(EnvironmentPrefix)
                .AddCommandLine(args)
                .Build();
            return Read(configuration, inCluster);
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or FormatException)
        {
            throw new StartRefusedException([$"{unreadable.Message} {unreadable.GetBaseException().Message}"]);
        }
    }

    /// <inheritdoc cref="Read(string[], bool)"/>
    public static ServerSettings Read(IConfiguration configuration, bool inCluster)
    {
        var written = new WrittenSettings(configuration);
        var cluster = Resolve(written.Choice("Cluster:Source", ClusterSource.Auto), ClusterSource.Auto, inCluster ? ClusterSource.InCluster : ClusterSource.Manifests);
        var certificateFile = written.Text("Certificate:CertificateFile");
        var (mostConnections, mostReviews) = (written.Number("Webhook:MaxConnections", 1200), written.Number("Webhook:MaxReviews", 2000));
        var settings = new ServerSettings
        {
            InCluster = inCluster,
            Webhook = new(written.Text("Webhook:Address") ?? (inCluster ? EveryAddress : "127.0.0.1"), written.Number("Webhook:Port", 8443))
            {
                DrainSeconds = written.Number("Webhook:DrainSeconds", inCluster ? 10 : 0),
                MaxConnections = mostConnections,
                MaxConnectionsPerAddress = written.Number("Webhook:MaxConnectionsPerAddress", HalfOf(mostConnections)),
                Http2 = written.Flag("Webhook:Http2", false),
                MaxStreamsPerConnection = written.Number("Webhook:MaxStreamsPerConnection", 100),
                HandshakeTimeout = written.Duration("Webhook:HandshakeTimeout", TimeSpan.FromSeconds(5)),
                FirstRequestTimeout = written.Duration("Webhook:FirstRequestTimeout", TimeSpan.FromSeconds(10)),
                BodyTimeout = written.Duration("Webhook:BodyTimeout", TimeSpan.FromSeconds(5)),
                MaxReviews = mostReviews,
                MaxReviewsPerAddress = written.Number("Webhook:MaxReviewsPerAddress", HalfOf(mostReviews)),
                MaxReviewBytes = written.Number("Webhook:MaxReviewBytes", WebhookSettings.UsualReviewBytes),
                ClientCertificateAuthority = written.Text("Webhook:ClientCertificateAuthority"),
                ClientNames = written.List("Webhook:ClientNames"),
                CallerTokens = new(written.Text("Webhook:CallerTokens:Jwks"))
                {
                    Issuer = written.Text("Webhook:CallerTokens:Issuer"),
                    Audiences = written.List("Webhook:CallerTokens:Audience"),
                    Subjects = written.List("Webhook:CallerTokens:Subjects"),
                },
            },
            Operations = new(written.Number("Operations:Port", 8080)) { MaxConnections = written.Number("Operations:MaxConnections", 500) },
            Console = new(written.Number("Console:Port", 8081)),
            Cluster = new(
                cluster,
                written.Text("Cluster:Kubeconfig"),
                written.Text("Cluster:Context"),
                written.Text("Cluster:Namespace"),
                written.List("Cluster:Manifests", BesideTheServer("config/samples/cluster"))),
            Policy = new(
                Resolve(written.Choice("Policy:Source", PolicySource.Auto), PolicySource.Auto, cluster == ClusterSource.InCluster ? PolicySource.Cluster : PolicySource.Files),
                written.List("Policy:Files", BesideTheServer("config/policies/organisation.yaml"))),
            Certificate = new(
                Resolve(
                    written.Choice("Certificate:Source", CertificateSource.Auto),
                    CertificateSource.Auto,
                    certificateFile is not null ? CertificateSource.Files : inCluster ? CertificateSource.SelfManaged : CertificateSource.Ephemeral),
                certificateFile,
                written.Text("Certificate:KeyFile"))
            {
                ServiceName = written.Text("Certificate:ServiceName"),
                Names = written.List("Certificate:Names"),
                SecretName = written.Text("Certificate:SecretName") ?? CertificateSettings.DefaultName,
                WebhookConfiguration = written.Text("Certificate:WebhookConfiguration") ?? CertificateSettings.DefaultName,
                Lifetime = written.Duration("Certificate:Lifetime", TimeSpan.FromDays(90)),
                AuthorityLifetime = written.Duration("Certificate:AuthorityLifetime", TimeSpan.FromDays(365)),
                TrustDelay = written.Duration("Certificate:TrustDelay", TimeSpan.FromSeconds(30)),
            },
            Audit = new(written.Text("Audit:File"), written.Flag("Audit:Stdout", true)),
        };

        var mistakes = written.Mistakes.Concat(ServerSettingsValidator.Check(settings)).ToList();
        return mistakes.Count == 0 ? settings : throw new StartRefusedException(mistakes);
    }

    private static T Resolve<T>(T written, T auto, T resolved) where T : struct, Enum => written.Equals(auto) ? resolved : written;

    private static int HalfOf(int limit) => Math.Max(1, limit / 2);

    private static string BesideTheServer(string path) => Path.Combine(AppContext.BaseDirectory, path);
}

/// <summary>Where the API server calls.</summary>
internal sealed record WebhookSettings(string Address, int Port)
{
    public const int UsualReviewBytes = 3 * 1024 * 1024;

    public IPAddress IPAddress => IPAddress.Parse(Address);

    /// <summary>How long the server answers new requests after a SIGTERM.</summary>
    public int DrainSeconds { get; init; }

    /// <summary>The maximum number of connections. Each takes up to 100 KiB, even a silent one.</summary>
    public int MaxConnections { get; init; } = 1200;

    /// <summary>
    /// The maximum number of connections of one source address. Half of all is enough for three API servers behind one proxy with 200 writes each,
    /// their usual limit. The other half remains for other addresses.
    /// </summary>
    public int MaxConnectionsPerAddress { get; init; } = 600;

    /// <summary>
    /// Whether the server offers HTTP/2 beside HTTP/1.1. Without it each request in progress has its own connection, and connections are limited.
    /// With it any client that reaches the port can end the process, so turn it on only for authenticated callers.
    /// </summary>
    public bool Http2 { get; init; }

    /// <summary>The maximum number of concurrent requests on one HTTP/2 connection. Clients then open another connection.</summary>
    public int MaxStreamsPerConnection { get; init; } = 100;

    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may stay without a complete request while connections are scarce.</summary>
    public TimeSpan FirstRequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a body may take to arrive. API servers send it at once.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public ConnectionSettings Connections => new(MaxConnections, MaxConnectionsPerAddress, FirstRequestTimeout);

    /// <summary>The maximum number of reviews in progress, and of bodies that are arriving.</summary>
    public int MaxReviews { get; init; } = 2000;

    /// <summary>The maximum of both for one source address.</summary>
    public int MaxReviewsPerAddress { get; init; } = 1000;

    /// <summary>
    /// The largest body in bytes. The default is the limit of an API server itself. An update holds two objects, whose characters can take six times
    /// their size in JSON, so up to 20 MiB can arrive. The failurePolicy of the webhook decides a rejected review.
    /// </summary>
    public int MaxReviewBytes { get; init; } = UsualReviewBytes;

    /// <summary>A PEM file; if it is set, only clients with a certificate of one of its authorities may call.</summary>
    public string? ClientCertificateAuthority { get; init; }

    /// <summary>The names of the clients that may call; if empty, all of the authority.</summary>
    public ImmutableArray<string> ClientNames { get; init; } = [];

    /// <summary>The tokens that callers must have.</summary>
    public CallerTokenSettings CallerTokens { get; init; } = new(Jwks: null);
}

/// <summary>Limits of a port's connections.</summary>
internal sealed record ConnectionSettings(int Most, int MostOfAddress, TimeSpan FirstRequestTimeout);

/// <summary>The tokens that callers must have: JSON Web Tokens, as API servers send them by KEP-6060.</summary>
/// <param name="Jwks">A JSON Web Key Set with the keys that sign the tokens; null if no token is required.</param>
internal sealed record CallerTokenSettings(string? Jwks)
{
    public string? Issuer { get; init; }

    /// <summary>A token must be for one of these. API servers derive the audience from the address of the webhook.</summary>
    public ImmutableArray<string> Audiences { get; init; } = [];

    /// <summary>
    /// The subjects that may call with a token that attests no API group. A user that may create tokens of a service account, as the role <c>edit</c>
    /// permits in a namespace, can get one for any audience. Only API servers get one that attests API groups.
    /// </summary>
    public ImmutableArray<string> Subjects { get; init; } = [];
}

/// <summary>A second port.</summary>
internal sealed record PortSettings(int Port)
{
    public int MaxConnections { get; init; } = 500;

    /// <summary>Probes come from nodes, and few clients read metrics. All read their answer at once.</summary>
    public ConnectionSettings Connections => new(MaxConnections, Math.Max(1, MaxConnections / 2), TimeSpan.FromSeconds(3));
}

/// <summary>The source of the cluster state.</summary>
internal sealed record ClusterSettings(ClusterSource Source, string? Kubeconfig, string? Context, string? Namespace, ImmutableArray<string> Manifests);

/// <summary>The source of policies.</summary>
internal sealed record PolicySettings(PolicySource Source, ImmutableArray<string> Files);

/// <summary>The outputs of decision records.</summary>
internal sealed record AuditSettings(string? File, bool Stdout);

internal enum ClusterSource
{
    Auto,
    InCluster,
    Kubeconfig,
    Manifests,
}

internal enum PolicySource
{
    Auto,
    Cluster,
    Files,
}
