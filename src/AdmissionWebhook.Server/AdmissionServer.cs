using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Audit;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace AdmissionWebhook.Server;

/// <summary>The whole server, put together here and nowhere else.</summary>
internal sealed class AdmissionServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Listener _webhook;
    private readonly Listener _operations;

    private AdmissionServer(ServerSettings settings, ILoggerProvider log, WatchTimes watchTimes, TimeProvider time)
    {
        _webhook = new("https", settings.Webhook.IPAddress, settings.Webhook.Port, "Webhook:Port");
        _operations = new("http", settings.Webhook.IPAddress, settings.Operations.Port, "Operations:Port");

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.AddProvider(log).AddFilter("Microsoft", LogLevel.Warning);
        AddServices(builder.Services.AddSingleton(watchTimes).AddSingleton(time), settings);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            var certificate = kestrel.ApplicationServices.GetRequiredService<Current<ServingCertificate>>();
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // RequestBody has a limit of its own.
            _webhook.Open(kestrel, listen => listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificate.Value.Tls) }));
            _operations.Open(kestrel);
        });

        _app = builder.Build();
        _app.Use(Listener.Separate);

        var admission = _app.Services.GetRequiredService<AdmissionEndpoint>();
        AnswerPost("/validate", admission.ValidateAsync);
        AnswerPost("/mutate", admission.MutateAsync);

        var health = _app.Services.GetRequiredService<Health>();
        _app.MapGet("/livez", health.LivezAsync).WithMetadata(_operations);
        _app.MapGet("/readyz", health.ReadyzAsync).WithMetadata(_operations);
        _app.MapGet("/metrics", _app.Services.GetRequiredService<PrometheusText>().WriteAsync).WithMetadata(_operations);
    }

    /// <summary>Where the API server calls.</summary>
    public Uri WebhookAddress => _webhook.Address;

    /// <summary>Where kubelets and people ask how it is.</summary>
    public Uri OperationsAddress => _operations.Address;

    /// <param name="settings">What people set.</param>
    /// <param name="log">Where operational messages go.</param>
    /// <param name="watchTimes">How patient watches are, for those who cannot wait as long.</param>
    /// <param name="time">What time it is, for those who cannot wait for it.</param>
    public static AdmissionServer Create(ServerSettings settings, ILoggerProvider log, WatchTimes? watchTimes = null, TimeProvider? time = null) =>
        new(settings, log, watchTimes ?? new(), time ?? TimeProvider.System);

    /// <exception cref="StartRefusedException">Files that people wrote are unusable, or a port is taken.</exception>
    public async Task StartAsync()
    {
        var files = _app.Services.GetServices<IHostedService>().OfType<WatchedFiles>();
        List<string> mistakes = [.. files.SelectMany(each => each.Load()), .. _webhook.FindMistakes(), .. _operations.FindMistakes()];
        if (mistakes.Count > 0)
            throw new StartRefusedException(mistakes);

        await _app.StartAsync();
        _app.Services.GetRequiredService<FirstSteps>().Tell(WebhookAddress, OperationsAddress);
    }

    /// <summary>Lets the webhook's listener answer one more path; before the start.</summary>
    public void AnswerPost(string path, RequestDelegate answer) => _app.MapPost(path, answer).WithMetadata(_webhook);

    /// <summary>Until the process is asked to stop; requests under way are answered first.</summary>
    public Task WaitForStopAsync() => _app.WaitForShutdownAsync();

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void AddServices(IServiceCollection services, ServerSettings settings)
    {
        var certificate = settings.Certificate.Source == CertificateSource.Ephemeral
            ? ServingCertificate.Ephemeral(TimeProvider.System.GetUtcNow())
            : ServingCertificate.None;

        services.AddRoutingCore();
        services.AddSingleton(settings);
        services.AddSingleton(new Current<PolicySet>(PolicySet.None));
        services.AddSingleton(new Current<ClusterState>(ClusterState.Unknown));
        services.AddSingleton(new Current<ServingCertificate>(certificate));
        services.AddSingleton<AdmissionEndpoint>().AddSingleton<AuditLog>().AddSingleton<Health>().AddSingleton<Metrics>().AddSingleton<PrometheusText>().AddSingleton<FirstSteps>();

        AddFiles(services, "policy", settings.Policy.Files, PolicyFiles.Read);
        if (settings.Cluster.Source == ClusterSource.Manifests)
            AddFiles(services, "cluster manifests", settings.Cluster.Manifests, ClusterManifests.Read);
        else
            AddWatches(services, LiveCluster.Find(settings.Cluster));
        if (settings.Certificate.Source == CertificateSource.Files)
            AddFiles(services, "certificate", settings.Certificate.Files, CertificateFiles.Read);
    }

    private static void AddWatches(IServiceCollection services, ApiServer apiServer)
    {
        services.AddSingleton(new KubernetesApiClient(apiServer)).AddSingleton<LiveReader>();
        foreach (var kind in ResourceKind.All)
        {
            var status = new WatchStatus(kind, TimeProvider.System);
            services.AddSingleton(status);
            services.AddSingleton<IHostedService>(provider => new KindWatcher(
                kind,
                provider.GetRequiredService<KubernetesApiClient>(),
                provider.GetRequiredService<Current<ClusterState>>(),
                status,
                provider.GetRequiredService<WatchTimes>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<KindWatcher>>()));
        }
    }

    private static void AddFiles<T>(IServiceCollection services, string what, ImmutableArray<string> paths, FileReader<T> read) where T : class =>
        services.AddSingleton<IHostedService>(provider => new WatchedFiles(
            what,
            paths,
            WatchedFiles.Into(provider.GetRequiredService<Current<T>>(), read),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WatchedFiles>>()));
}
