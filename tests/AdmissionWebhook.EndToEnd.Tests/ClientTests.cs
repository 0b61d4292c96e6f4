using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>What a fake API server cannot vouch for: TLS, who owns a field, and whether it takes what KubernetesClient writes.</summary>
public sealed class ClientTests(ControlPlane cluster) : IClassFixture<ControlPlane>
{
    [Fact]
    public async Task Server_side_apply_takes_ownership_of_its_fields()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        using var client = new KubernetesApiClient(KubeConfig.Read([cluster.KubeConfig]));
        var path = $"api/v1/namespaces/{@namespace}/services/web";

        await client.ApplyAsync(path, "first", Labelled("a"), Parse, default);
        await client.ApplyAsync(path, "second", Labelled("b"), Parse, default);

        var stored = await client.GetAsync(path, Parse, default);
        Assert.Equal("b", (string?)stored!["metadata"]!["labels"]!["owner"]);
        Assert.Contains(stored["metadata"]!["managedFields"]!.AsArray(), entry => (string?)entry!["manager"] == "second");
    }

    [Fact]
    public async Task A_typed_replace_changes_an_object_applied_by_others()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        using var client = new KubernetesApiClient(KubeConfig.Read([cluster.KubeConfig]));
        using var typed = TypedCalls.Over(client);
        await client.ApplyAsync($"api/v1/namespaces/{@namespace}/services/web", "first", Labelled("a"), Parse, default);

        var read = await typed.CoreV1.ReadNamespacedServiceAsync("web", @namespace);
        read.Metadata.Labels["owner"] = "b";
        await typed.CoreV1.ReplaceNamespacedServiceAsync(read, "web", @namespace);

        var stored = await client.GetAsync($"api/v1/namespaces/{@namespace}/services/web", Parse, default);
        Assert.Equal("b", (string?)stored!["metadata"]!["labels"]!["owner"]);
        Assert.Contains(stored["metadata"]!["managedFields"]!.AsArray(), entry => (string?)entry!["manager"] == "first");
    }

    /// <summary>KubernetesClient 21 writes a time on a whole second without a fraction, and the API server takes none without.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task Stores_a_typed_Lease_with_fractions_of_seconds(int microseconds, bool isStored)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        using var client = new KubernetesApiClient(KubeConfig.Read([cluster.KubeConfig]));
        using var typed = TypedCalls.Over(client);
        var at = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMicroseconds(microseconds);
        var lease = new V1Lease { ApiVersion = "coordination.k8s.io/v1", Kind = V1Lease.KubeKind, Metadata = new() { Name = "leader" }, Spec = new() { HolderIdentity = "a", RenewTime = at } };

        var refusal = await Record.ExceptionAsync(() => typed.CoordinationV1.CreateNamespacedLeaseAsync(lease, @namespace));

        Assert.Equal(isStored, refusal is null);
        Assert.Equal(isStored ? at : null, (await client.GetAsync($"apis/coordination.k8s.io/v1/namespaces/{@namespace}/leases/leader", Parse, default))?["spec"]?["renewTime"]?.GetValue<DateTime>());
    }

    [Theory]
    [InlineData("tls-server-name: localhost", true)]
    [InlineData("tls-server-name: elsewhere.example.com", false)]
    [InlineData("", true)]
    public async Task The_certificate_of_the_server_must_have_the_requested_name(string setting, bool connects)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        Assert.Equal(connects, await ConnectsAsync(text => text.Replace("{server:", setting.Length > 0 ? $"{{{setting}, server:" : "{server:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("insecure-skip-tls-verify: true, ", true)]
    public async Task Without_the_servers_authority_only_an_insecure_client_connects(string setting, bool connects)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        Assert.Equal(connects, await ConnectsAsync(text => System.Text.RegularExpressions.Regex.Replace(text, "certificate-authority: [^ ]+ ", "").Replace("{server:", $"{{{setting}server:", StringComparison.Ordinal)));
    }

    private async Task<bool> ConnectsAsync(Func<string, string> change)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, change(await File.ReadAllTextAsync(cluster.KubeConfig)));
            using var client = new KubernetesApiClient(KubeConfig.Read([file]));
            return await client.GetAsync("api/v1/namespaces/default", Parse, default) is not null;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static ReadOnlyMemory<byte> Labelled(string owner) => Encoding.UTF8.GetBytes(
        """{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": {"owner": "OWNER"}}, "spec": {"ports": [{"port": 80}]}}""".Replace("OWNER", owner, StringComparison.Ordinal));

    private static JsonObject Parse(ReadOnlySpan<byte> json) => JsonNode.Parse(json)!.AsObject();
}
