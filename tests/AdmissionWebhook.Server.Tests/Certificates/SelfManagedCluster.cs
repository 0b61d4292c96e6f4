using System.Text;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.Server.Tests.Policies;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Certificates;

/// <summary>Servers that keep their own certificate in a Secret, and its authority in two webhook configurations.</summary>
internal sealed class SelfManagedCluster : IAsyncLifetime
{
    public const string Name = "admission-webhook.admission-webhook.svc";
    public const string Secrets = "/api/v1/namespaces/admission-webhook/secrets";
    public const string Secret = $"{Secrets}/admission-webhook";
    public const string Validating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/admission-webhook";
    public const string Mutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/admission-webhook";

    private readonly List<RunningServer> _servers = [];

    public static CertificateTerms Terms { get; } = new([Name], TimeSpan.FromDays(90), TimeSpan.FromDays(365));

    public FakeApiServer Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Api = await FakeApiServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await Api.DisposeAsync();
    }

    public async Task<RunningServer> StartAsync(TimeProvider? time = null)
    {
        var server = await RunningServer.BesideAsync(Api.Address, time: time, settings: [("Certificate:Source", "SelfManaged"), ("Certificate:TrustDelay", "1s")]);
        lock (_servers)
            _servers.Add(server);
        return server;
    }

    /// <summary>As an API server that reads the bundle before each call. A handshake that fails, fails the test.</summary>
    public async Task<int> HandshakeUntilAsync(RunningServer server, CancellationToken ending)
    {
        var count = 0;
        for (; !ending.IsCancellationRequested; count++)
            await TlsClient.HandshakeAsync(server.Webhook, Name, BundleOf(Validating));
        return count;
    }

    public CertificateSecret Stored() => CertificateSecret.Read(Encoding.UTF8.GetBytes(Api.Find(Secret)!.ToJsonString()));

    public void Put(CertificateSecret secret) => Api.Put(Encoding.UTF8.GetString(secret.Write("admission-webhook", "admission-webhook")));

    public string BundleOf(string path) => Encoding.UTF8.GetString(Convert.FromBase64String((string?)Api.Find(path)!["webhooks"]![0]!["clientConfig"]!["caBundle"] ?? ""));

    /// <summary>As somebody applies them who knows nothing of a bundle, or thinks to know.</summary>
    public void PutConfigurations(string? bundle = null)
    {
        foreach (var kind in new[] { "Validating", "Mutating" })
        {
            Api.Put($$"""
                apiVersion: admissionregistration.k8s.io/v1
                kind: {{kind}}WebhookConfiguration
                metadata: {name: admission-webhook}
                webhooks: [{name: ingresses.admissionwebhook.dev, failurePolicy: Fail, clientConfig: {service: {name: admission-webhook, namespace: admission-webhook}{{(bundle is null ? "" : $", caBundle: {bundle}")}} } }]
                """);
        }
    }

    public static Task UntilAsync(Func<bool> condition, string what) => PolicyCluster.UntilAsync(() => Task.FromResult(condition()), what);
}
