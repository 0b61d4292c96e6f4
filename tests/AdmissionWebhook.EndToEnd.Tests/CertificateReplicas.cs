using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>Three servers that manage their certificate themselves, started at once beside a real API server. It calls all three for every Service, and fails what they do not answer.</summary>
public sealed class CertificateReplicas : IAsyncLifetime
{
    public const string Name = "admission-webhook.admission-webhook.svc";

    private const string Secret = "api/v1/namespaces/admission-webhook/secrets/admission-webhook";
    private const string Configuration = "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/admission-webhook";

    private readonly List<ChildProcess> _servers = [];
    private KubernetesApiClient? _client;

    public ControlPlane Cluster { get; } = new();

    public IReadOnlyList<ChildProcess> Servers => _servers;

    public IReadOnlyList<Uri> Webhooks { get; private set; } = [];

    public IReadOnlyList<Uri> Operations { get; private set; } = [];

    private KubernetesApiClient Client => _client ??= new(KubeConfig.Read([Cluster.KubeConfig]));

    public async ValueTask InitializeAsync()
    {
        await Cluster.InitializeAsync();
        if (!ControlPlane.IsPresent)
            return;

        await Cluster.KubectlAsync("", "delete", "validatingwebhookconfiguration,mutatingwebhookconfiguration", "admission-webhook");
        Webhooks = [.. Enumerable.Range(0, 3).Select(_ => new Uri($"https://127.0.0.1:{FreePort.Next()}"))];
        Operations = [.. Enumerable.Range(0, 3).Select(_ => new Uri($"http://127.0.0.1:{FreePort.Next()}"))];
        await RegisterAsync();
        foreach (var (webhook, operations) in Webhooks.Zip(Operations))
        {
            _servers.Add(ChildProcess.Start(
                "dotnet",
                ControlPlane.ServerAssembly, "--Cluster:Source=Kubeconfig", $"--Cluster:Kubeconfig={Cluster.KubeConfig}", "--Cluster:Context=webhook", "--Cluster:Namespace=admission-webhook",
                "--Policy:Source=Files", $"--Policy:Files:0={Repository.PathOf("config", "policies", "organisation.yaml")}", "--Audit:Stdout=false", "--Webhook:Address=127.0.0.1",
                $"--Webhook:Port={webhook.Port}", $"--Operations:Port={operations.Port}", "--Certificate:Source=SelfManaged", "--Certificate:Names:0=127.0.0.1", "--Certificate:TrustDelay=3s"));
        }

        using var http = new HttpClient();
        foreach (var operations in Operations)
            await UntilAsync($"{operations} is ready", () => ControlPlane.IsReadyAsync(http, operations));
        await UntilAsync("the API server calls the webhooks", async () => (await TryServiceAsync("NodePort")).Contains("service-no-node-port", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        foreach (var server in _servers)
            await server.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    /// <summary>Applies the registrations as a GitOps tool does, which has no idea of a caBundle.</summary>
    public async Task RegisterAsync(int webhooks = 3)
    {
        foreach (var (kind, path) in new[] { ("Validating", "validate"), ("Mutating", "mutate") })
        {
            var entries = Webhooks.Take(webhooks).Select((webhook, i) => $$"""
                {"name": "replica-{{i}}.admissionwebhook.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail", "timeoutSeconds": 3,
                  "clientConfig": {"url": "{{webhook}}{{path}}"}, "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["services"], "operations": ["CREATE"]}] }
                """);
            await Cluster.KubectlAsync(
                $$"""{"apiVersion": "admissionregistration.k8s.io/v1", "kind": "{{kind}}WebhookConfiguration", "metadata": {"name": "admission-webhook"}, "webhooks": [{{string.Join(", ", entries)}}]}""",
                "apply", "--server-side", "--field-manager=gitops", "-f", "-");
        }
    }

    public async Task<JsonNode> SecretDataAsync() => (await Client.GetAsync(Secret, Parse, default))?["data"] ?? new JsonObject();

    public async Task DeleteSecretAsync() => await Client.DeleteAsync(Secret, default);

    public Task ChangeSecretAsync(string merge) => Client.MergeAsync(Secret, Encoding.UTF8.GetBytes(merge), Parse, default);

    public Task ReplaceBundleAsync(string json) => Cluster.KubectlAsync("", "patch", "validatingwebhookconfiguration", "admission-webhook", "--type=json", "--patch", json);

    /// <summary>What API servers trust when they call a replica; null where its entry is gone.</summary>
    public async Task<string?> BundleAsync(int replica = 0) =>
        (await Client.GetAsync(Configuration, Parse, default))!["webhooks"]!.AsArray().ElementAtOrDefault(replica)?["clientConfig"]!["caBundle"] is { } bundle ? TextOf(bundle) : null;

    public static string TextOf(JsonNode? base64) => Encoding.UTF8.GetString(Convert.FromBase64String((string?)base64 ?? ""));

    public async Task<string> ServedAsync(int replica) => (await TlsClient.HandshakeAsync(Webhooks[replica], Name, await BundleAsync()))[0].Thumbprint;

    /// <summary>What becomes of the creation of a Service; nothing is stored.</summary>
    public async Task<string> TryServiceAsync(string type)
    {
        try
        {
            var service = $$"""{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "probe"}, "spec": {"type": "{{type}}", "ports": [{"port": 80}]} }""";
            return (await Client.CreateAsync("api/v1/namespaces/default/services?dryRun=All", Encoding.UTF8.GetBytes(service), Parse, default)).ToJsonString();
        }
        catch (ApiException denied)
        {
            return denied.Message;
        }
    }

    public Task UntilAsync(string what, Func<Task<bool>> condition) => Cluster.UntilAsync(what, async () =>
    {
        Assert.All(_servers, server => Assert.False(server.HasExited, server.Output));
        return await condition();
    });

    private static JsonObject Parse(ReadOnlySpan<byte> json) => JsonNode.Parse(json)!.AsObject();
}
