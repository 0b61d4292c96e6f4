using System.Net.Security;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Audit;
using AdmissionWebhook.Server.Callers;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.Server.Claims;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Policies;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace AdmissionWebhook.Server;

/// <summary>The composition of the whole server.</summary>
internal sealed class AdmissionServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Listener _webhook;
    private readonly Listener _operations;

    private AdmissionServer(ServerSettings settings, ILoggerProvider log, WatchTimes watchTimes, LeaderTimes leaderTimes, TimeProvider time)
    {
        _webhook = new("https", settings.Webhook.IPAddress, settings.Webhook.Port, "Webhook", settings.Webhook.Connections);
        _operations = new("http", settings.Webhook.IPAddress, settings.Operations.Port, "Operations", settings.Operations.Connections);

        var builder = WebApplication.CreateEmptyBuilder(new());

        // A logger for the start of requests makes Kestrel create an Activity for each request, and nothing reads either.
        // Kestrel logs each wrong connection or stream of a caller as critical, so a caller could flood the log. Metrics count them.
        builder.Logging.AddProvider(log).AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => level is LogLevel.Warning or LogLevel.Error)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel.Connections", LogLevel.None);
        AddServices(builder.Services.AddSingleton(watchTimes).AddSingleton(leaderTimes).AddSingleton(time), settings);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            var certificate = kestrel.ApplicationServices.GetRequiredService<Current<ServingCertificate>>();
            var callers = kestrel.ApplicationServices.GetRequiredService<Current<ClientAuthority>>();
            kestrel.AddServerHeader = false;
            ConnectionLimits.Apply(kestrel, settings.Webhook);

            // Kestrel fills the list in at the first handshake with a certificate; two handshakes at once leave it incomplete.
            List<SslApplicationProtocol> protocols = settings.Webhook.Http2 ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http11];
            _webhook.Open(kestrel, settings.Webhook.Http2 ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = settings.Webhook.HandshakeTimeout,
                OnConnection = _ =>
                {
                    var tls = callers.Value.Demand(certificate.Value.Tls);
                    tls.ApplicationProtocols ??= protocols;
                    return ValueTask.FromResult(tls);
                },
            }));
            _operations.Open(kestrel, HttpProtocols.Http1);
        });

        _app = builder.Build();
        _app.Use(Listener.Separate);
        _app.Use(_app.Services.GetRequiredService<Shutdown>().SendAway);

        var admission = _app.Services.GetRequiredService<AdmissionEndpoint>();
        AnswerPost("/validate", admission.ValidateAsync);
        AnswerPost("/mutate", admission.MutateAsync);

        var health = _app.Services.GetRequiredService<Health>();
        AnswerGet("/livez", health.LivezAsync);
        AnswerGet("/readyz", health.ReadyzAsync);
        AnswerGet("/metrics", _app.Services.GetRequiredService<PrometheusText>().WriteAsync);
        _app.Services.GetRequiredService<Metrics>().BeginAtZero();
        _app.Services.GetRequiredService<Metrics>().MeasureProcess();
    }

    /// <summary>The address that the API server calls.</summary>
    public Uri WebhookAddress => _webhook.Address;

    /// <summary>The address of probes and metrics.</summary>
    public Uri OperationsAddress => _operations.Address;

    /// <param name="settings">What people set.</param>
    /// <param name="log">Where operational messages go.</param>
    /// <param name="watchTimes">The timeouts of watches; tests use shorter ones.</param>
    /// <param name="leaderTimes">How long a leader leads and how often it writes; tests use shorter times.</param>
    /// <param name="time">The clock; tests set it.</param>
    public static AdmissionServer Create(ServerSettings settings, ILoggerProvider log, WatchTimes? watchTimes = null, LeaderTimes? leaderTimes = null, TimeProvider? time = null) =>
        new(settings, log, watchTimes ?? new(), leaderTimes ?? new(), time ?? TimeProvider.System);

    /// <exception cref="StartRefusedException">Files that people wrote are unusable, or a port is taken.</exception>
    public async Task StartAsync()
    {
        var files = _app.Services.GetServices<IHostedService>().OfType<WatchedFiles>();
        List<string> mistakes = [.. files.SelectMany(each => each.Start()), .. _webhook.FindMistakes(), .. _operations.FindMistakes()];
        if (mistakes.Count > 0)
            throw new StartRefusedException(mistakes);

        try
        {
            await _app.StartAsync();
        }
        catch (OperationCanceledException) when (_app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return; // WaitForStopAsync returns at once.
        }

        _app.Services.GetRequiredService<FirstSteps>().Tell(WebhookAddress, OperationsAddress);
    }

    /// <summary>Lets the webhook's listener answer one more path; before the start.</summary>
    public void AnswerPost(string path, RequestDelegate answer) => _app.MapPost(path, answer).WithMetadata(_webhook);

    private void AnswerGet(string path, RequestDelegate answer) =>
        _app.MapGet(path, context => Listener.AnswerAsync(context, answer)).WithMetadata(_operations);

    /// <summary>Waits until the process must stop, or a background part of the server fails. The server answers running requests first.</summary>
    /// <returns>The exit code: 0 after a request to stop, else 1.</returns>
    public async Task<int> WaitForStopAsync()
    {
        await _app.WaitForShutdownAsync();
        return _app.Services.GetRequiredService<Shutdown>().WasAskedFor ? 0 : 1;
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _webhook.Dispose();
        _operations.Dispose();
    }

    internal static void AddServices(IServiceCollection services, ServerSettings settings)
    {
        var certificate = settings.Certificate.Source == CertificateSource.Ephemeral
            ? ServingCertificate.Ephemeral(TimeProvider.System.GetUtcNow())
            : ServingCertificate.None;

        services.AddRoutingCore();
        services.AddSingleton(settings);
        services.AddSingleton(new Current<PolicySet>(PolicySet.None));
        services.AddSingleton(new Current<ClusterState>(ClusterState.Unknown));
        services.AddSingleton(new Current<ClientAuthority>(ClientAuthority.Anybody));
        services.AddSingleton<Shutdown>().AddSingleton<IHostLifetime>(Get<Shutdown>);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Shutdown.LongestDrain);
        services.AddSingleton<Capacity>().AddHostedService<QueueProbe>().AddHostedService<WarmUp>();
        services.AddSingleton(new Current<ServingCertificate>(certificate)).AddSingleton<CertificateStatus>();
        services.AddSingleton<SeenIngresses>().AddSingleton<ClaimLedger>().AddHostedService(Get<ClaimLedger>);
        services.AddSingleton<AdmissionEndpoint>().AddSingleton<AuditLog>().AddSingleton<Health>().AddSingleton<Metrics>().AddSingleton<PrometheusText>().AddSingleton<FirstSteps>();

        var variables = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        if (OtlpExport.IsWanted(variables))
            services.AddHostedService(provider => new OtlpExport(Get<Metrics>(provider), variables));

        var apiServer = settings.Cluster.Source == ClusterSource.Manifests ? null : LiveCluster.Find(settings.Cluster);
        if (settings.Policy.Source == PolicySource.Files || apiServer is null)
            AddFiles(services, "policy", settings.Policy.Files, PolicyFiles.Read);
        else
            AddPolicies(services, LiveCluster.NamespaceOf(settings.Cluster, apiServer));
        if (apiServer is null)
            AddFiles(services, "cluster manifests", settings.Cluster.Manifests, ClusterManifests.Read);
        else
            AddWatches(services, settings, apiServer, LiveCluster.NamespaceOf(settings.Cluster, apiServer));
        if (settings.Webhook.ClientCertificateAuthority is { } authority)
            services.AddSingleton<ClientCheck>().AddSingleton<IHostedService>(provider => WatchFiles<ClientAuthority>(provider, "authority of clients", [authority], Get<ClientCheck>(provider).Read));
        if (settings.Webhook.CallerTokens is { Jwks: { } keys } callerTokens)
        {
            services.AddSingleton(new Current<TokenAuthority>(TokenAuthority.Nobody)).AddSingleton<TokenCheck>();
            services.AddSingleton<IHostedService>(provider => WatchFiles<TokenAuthority>(
                provider, "keys of callers' tokens", [keys], new TokenAuthorityReader(callerTokens, Get<TimeProvider>(provider)).Read));
        }

        AddCertificate(services, settings, apiServer is null ? settings.Cluster.Namespace ?? CertificateSettings.DefaultName : LiveCluster.NamespaceOf(settings.Cluster, apiServer));
    }

    private static void AddCertificate(IServiceCollection services, ServerSettings settings, string @namespace)
    {
        var certificate = settings.Certificate;
        if (certificate.Source == CertificateSource.Files)
        {
            services.AddSingleton<IHostedService>(provider => new WatchedFiles(
                "certificate",
                certificate.Files,
                WatchedFiles.Into(
                    Get<Current<ServingCertificate>>(provider),
                    new CertificateFiles(certificate.NeededNames(@namespace), Get<TimeProvider>(provider)).Read),
                Get<TimeProvider>(provider),
                Get<ILogger<WatchedFiles>>(provider))
            {
                // Kubernetes restarts a crashing process with a growing delay, and would still wait when the certificate exists.
                CanWait = settings.InCluster,
                Tell = mistakes => Get<CertificateStatus>(provider).Refusal = mistakes.Count == 0 ? null : string.Join("; ", mistakes),
            });
        }
        else if (certificate.Source == CertificateSource.SelfManaged)
        {
            var terms = new CertificateTerms(certificate.IssuedNames(@namespace), certificate.Lifetime, certificate.AuthorityLifetime);
            services.AddSingleton(provider => new SelfManagedCertificate(
                certificate, terms, @namespace, Get<KubernetesApiClient>(provider), Get<Current<ServingCertificate>>(provider), Get<CertificateStatus>(provider),
                Get<WatchTimes>(provider), Get<TimeProvider>(provider), Get<ILogger<SelfManagedCertificate>>(provider)));
            services.AddHostedService(Get<SelfManagedCertificate>);
            foreach (var (collection, name) in SelfManagedCertificate.Watched(certificate, @namespace))
            {
                services.AddSingleton<IHostedService>(provider => new CertificateWatcher(
                    collection, name, Get<SelfManagedCertificate>(provider).Hint, Get<KubernetesApiClient>(provider),
                    Get<WatchTimes>(provider), Get<TimeProvider>(provider), Get<ILogger<CertificateWatcher>>(provider)));
            }
        }
    }

    private static void AddWatches(IServiceCollection services, ServerSettings settings, ApiServer apiServer, string @namespace)
    {
        services.AddSingleton(new KubernetesApiClient(apiServer));

        // A waiting review keeps its connection, and other reviews need connections too.
        services.AddSingleton(LiveReader.UsualLimits with { MostInAll = Math.Max(1, settings.Webhook.MaxConnections / 4) }).AddSingleton<LiveReader>();
        services.AddSingleton(provider =>
        {
            var client = Get<KubernetesApiClient>(provider);
            return new SharedClaims(@namespace, client, new SharedTime(Get<TimeProvider>(provider), client));
        });
        foreach (var kind in ResourceKind.All)
        {
            services.AddSingleton(provider =>
            {
                var cluster = Get<Current<ClusterState>>(provider);
                return new WatchStatus(kind.Name, () => cluster.Value.CountOf(kind), TimeProvider.System)
                {
                    Trimmed = () => cluster.Value.CountTrimmed(kind),
                    IsOptional = kind.IsWatchedOnDemand,
                };
            });
            services.AddSingleton<IHostedService>(provider => new KindWatcher(
                kind, Get<KubernetesApiClient>(provider), Get<Current<ClusterState>>(provider), Get<Current<PolicySet>>(provider), Get<SeenIngresses>(provider),
                StatusOf(kind.Name, provider), Get<WatchTimes>(provider), Get<TimeProvider>(provider), Get<ILogger<KindWatcher>>(provider)));
        }
    }

    private static void AddPolicies(IServiceCollection services, string @namespace)
    {
        services.AddSingleton<PolicyStore>();
        foreach (var resource in CustomResource.All)
        {
            services.AddSingleton(provider => new WatchStatus(resource.Kind, () => Get<PolicyStore>(provider).CountOf(resource), TimeProvider.System)
            {
                IsIndispensable = resource == CustomResource.Policies,
                WhenStale = "known policies stay in force",
            });
            services.AddSingleton<IHostedService>(provider => new PolicyWatcher(
                resource, Get<KubernetesApiClient>(provider), Get<PolicyStore>(provider), StatusOf(resource.Kind, provider),
                Get<WatchTimes>(provider), Get<TimeProvider>(provider), Get<ILogger<PolicyWatcher>>(provider)));
        }

        // The host stops services in reverse order, so nothing writes after the lease is released.
        services.AddSingleton(provider => new LeaderElection(
            @namespace, Get<KubernetesApiClient>(provider), Get<LeaderTimes>(provider), Get<TimeProvider>(provider), Get<ILogger<LeaderElection>>(provider)));
        services.AddHostedService(Get<LeaderElection>);
        services.AddSingleton<FindingCounter>().AddHostedService(Get<FindingCounter>);
        services.AddHostedService<StatusWriter>();
    }

    private static T Get<T>(IServiceProvider provider) where T : notnull => provider.GetRequiredService<T>();

    private static WatchStatus StatusOf(string kind, IServiceProvider provider) => provider.GetServices<WatchStatus>().Single(each => each.Name == kind);

    private static void AddFiles<T>(IServiceCollection services, string what, ImmutableArray<string> paths, FileReader<T> read) where T : class =>
        services.AddSingleton<IHostedService>(provider => WatchFiles(provider, what, paths, read));

    private static WatchedFiles WatchFiles<T>(IServiceProvider provider, string what, ImmutableArray<string> paths, FileReader<T> read) where T : class => new(
        what,
        paths,
        WatchedFiles.Into(Get<Current<T>>(provider), read),
        Get<TimeProvider>(provider),
        Get<ILogger<WatchedFiles>>(provider));
}
