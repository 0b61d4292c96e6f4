using System.Text;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>Objects that are created back to back with what they refer to: watches lag behind, and nobody may be denied for it.</summary>
public sealed class RaceTests(ControlPlane cluster) : IClassFixture<ControlPlane>
{
    private const int Tries = 1000;
    private const int AtATime = 8;

    [Fact]
    public async Task Allows_an_Ingress_right_after_its_Service_was_created() =>
        await TryAsync(async (client, @namespace, name) =>
        {
            await CreateServiceAsync(client, @namespace, name, 80);
            await CreateIngressAsync(client, @namespace, name, $"{name}.{@namespace}", 80);
        });

    [Fact]
    public async Task Allows_an_Ingress_right_after_its_Service_gained_the_port() =>
        await TryAsync(async (client, @namespace, name) =>
        {
            await CreateServiceAsync(client, @namespace, name, 80);
            await client.MergeAsync($"api/v1/namespaces/{@namespace}/services/{name}", Json("""{"spec": {"ports": [{"name": "http", "port": 80}, {"name": "more", "port": 81}]}}"""), Ignore, default);
            await CreateIngressAsync(client, @namespace, name, $"{name}.{@namespace}", 81);
        });

    [Fact]
    public async Task Allows_an_Ingress_right_after_another_namespace_gave_up_its_host()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var other = await cluster.CreateNamespaceAsync();

        await TryAsync(async (client, @namespace, name) =>
        {
            await CreateServiceAsync(client, @namespace, name, 80);
            await CreateServiceAsync(client, other, name, 80);
            await CreateIngressAsync(client, other, name, $"{name}.moved", 80);
            await client.DeleteAsync($"apis/networking.k8s.io/v1/namespaces/{other}/ingresses/{name}", default);
            await CreateIngressAsync(client, @namespace, name, $"{name}.moved", 80);
        });
    }

    /// <summary>The control: what is really wrong is denied every time, or the tests above would prove nothing.</summary>
    [Fact]
    public async Task Always_denies_an_Ingress_whose_Service_does_not_exist()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        using var client = new KubernetesApiClient(KubeConfig.Read([cluster.KubeConfig]));

        for (var i = 0; i < 50; i++)
        {
            var denied = await Assert.ThrowsAsync<ApiException>(() => CreateIngressAsync(client, @namespace, $"missing-{i}", $"missing-{i}", 80));
            Assert.Contains("ingress-backend-service-exists", denied.Message, StringComparison.Ordinal);
        }
    }

    private async Task TryAsync(Func<KubernetesApiClient, string, string, Task> attempt)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        using var client = new KubernetesApiClient(KubeConfig.Read([cluster.KubeConfig]));
        var denials = new System.Collections.Concurrent.ConcurrentQueue<string>();

        await Parallel.ForEachAsync(Enumerable.Range(0, Tries), new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (i, _) =>
        {
            try
            {
                await attempt(client, @namespace, $"try-{i}");
            }
            catch (ApiException denied)
            {
                denials.Enqueue($"{i}: {denied.Message}");
            }
        });

        Assert.Empty(denials);
    }

    private static Task<object?> CreateServiceAsync(KubernetesApiClient client, string @namespace, string name, int port) => client.CreateAsync(
        $"api/v1/namespaces/{@namespace}/services",
        Json($$$"""{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "{{{name}}}"}, "spec": {"ports": [{"name": "http", "port": {{{port}}} }]} }"""), Ignore, default);

    private static Task<object?> CreateIngressAsync(KubernetesApiClient client, string @namespace, string service, string host, int port) => client.CreateAsync(
        $"apis/networking.k8s.io/v1/namespaces/{@namespace}/ingresses",
        Json($$"""
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "{{service}}"},
             "spec": {"tls": [{"hosts": ["{{host}}.example.com"], "secretName": "tls"}],
                      "rules": [{"host": "{{host}}.example.com", "http": {"paths": [{"path": "/", "backend": {"service": {"name": "{{service}}", "port": {"number": {{port}} } } } }]} }]} }
            """), Ignore, default);

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    private static object? Ignore(ReadOnlySpan<byte> json) => null;
}
