using System.Net;
using System.Net.Sockets;

namespace AdmissionWebhook.Server.Settings;

/// <summary>How this server runs: every setting there is, valid, with the defaults filled in.</summary>
internal sealed record ServerSettings
{
    /// <summary>Pods have addresses of one family or of both; <c>::</c> takes connections to either.</summary>
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
    /// <exception cref="StartRefusedException">Something is wrong with them; it says everything that is.</exception>
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

    /// <summary>After a SIGTERM, how long those are served who have not heard of it yet.</summary>
    public int DrainSeconds { get; init; }

    /// <summary>The most connections at a time. Each takes up to 100 KiB, even one that says nothing.</summary>
    public int MaxConnections { get; init; } = 1200;

    /// <summary>
    /// The most connections of one source address. Half of all is enough for three API servers behind one proxy with 200 writes under way each, their
    /// usual limit, and leaves as many to others.
    /// </summary>
    public int MaxConnectionsPerAddress { get; init; } = 600;

    /// <summary>
    /// Whether HTTP/2 is spoken beside HTTP/1.1. Without it each request under way has a connection of its own, and connections are limited; with it
    /// whoever reaches the port can end the process, so only callers who are known may.
    /// </summary>
    public bool Http2 { get; init; }

    /// <summary>The most requests of an HTTP/2 connection at a time. Clients keep to it and open another connection.</summary>
    public int MaxStreamsPerConnection { get; init; } = 100;

    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may be without a complete request while connections are scarce.</summary>
    public TimeSpan FirstRequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a body may take to come. API servers send it at once.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public ConnectionSettings Connections => new(MaxConnections, MaxConnectionsPerAddress, FirstRequestTimeout);

    /// <summary>The most reviews under way at a time, and the most bodies that are still to come.</summary>
    public int MaxReviews { get; init; } = 2000;

    /// <summary>The most of both of one source address.</summary>
    public int MaxReviewsPerAddress { get; init; } = 1000;

    /// <summary>
    /// The largest body. The default is what an API server takes itself; an update holds two objects, whose characters may take six times their size in JSON, so that up to
    /// 20 MiB can come. What is refused is left to the webhook's failure policy.
    /// </summary>
    public int MaxReviewBytes { get; init; } = UsualReviewBytes;

    /// <summary>A PEM file; where it is given, only clients with a certificate of one of its authorities may call.</summary>
    public string? ClientCertificateAuthority { get; init; }

    /// <summary>Which of them; all where none is named.</summary>
    public ImmutableArray<string> ClientNames { get; init; } = [];

    /// <summary>Which tokens callers must have.</summary>
    public CallerTokenSettings CallerTokens { get; init; } = new(Jwks: null);
}

/// <summary>Limits of a port's connections.</summary>
internal sealed record ConnectionSettings(int Most, int MostOfAddress, TimeSpan FirstRequestTimeout);

/// <summary>Which tokens callers must have: JSON Web Tokens, as KEP-6060 has API servers present them.</summary>
/// <param name="Jwks">A JSON Web Key Set, the keys of those who sign them; null where no token is demanded.</param>
internal sealed record CallerTokenSettings(string? Jwks)
{
    public string? Issuer { get; init; }

    /// <summary>A token must be for one of them. API servers derive it from the address of the webhook.</summary>
    public ImmutableArray<string> Audiences { get; init; } = [];

    /// <summary>
    /// Who may call with a token that says nothing of API groups. Whoever may create tokens of any service account, as the role <c>edit</c> permits
    /// in a namespace, can have one for any
    /// audience; only API servers get one that attests API groups.
    /// </summary>
    public ImmutableArray<string> Subjects { get; init; } = [];
}

/// <summary>A further port.</summary>
internal sealed record PortSettings(int Port)
{
    public int MaxConnections { get; init; } = 500;

    /// <summary>Probes come from nodes and metrics are read by few, each at once.</summary>
    public ConnectionSettings Connections => new(MaxConnections, Math.Max(1, MaxConnections / 2), TimeSpan.FromSeconds(3));
}

/// <summary>Where the other objects come from.</summary>
internal sealed record ClusterSettings(ClusterSource Source, string? Kubeconfig, string? Context, string? Namespace, ImmutableArray<string> Manifests);

/// <summary>Where policies come from.</summary>
internal sealed record PolicySettings(PolicySource Source, ImmutableArray<string> Files);

/// <summary>Where decision records go.</summary>
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
