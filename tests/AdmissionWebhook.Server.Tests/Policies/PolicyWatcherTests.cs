using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Policies;
using AdmissionWebhook.Server.Tests.Cluster;
using AdmissionWebhook.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace AdmissionWebhook.Server.Tests.Policies;

public sealed class PolicyWatcherTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exemptions_beyond_the_memory_of_a_namespace_exempt_nothing_but_those_of_others_do(bool isListed)
    {
        await using var server = await FakeApiServer.StartAsync();
        for (var i = 0; i < 20 && isListed; i++)
            server.Put(Exemption($"a{i:00}", "greedy"));
        var store = new PolicyStore(new(PolicySet.Default), NullLogger<PolicyStore>.Instance);
        var status = new WatchStatus("TrafficPolicyExemption", () => 0, TimeProvider.System);
        using var client = new KubernetesApiClient(new() { Address = server.Address });
        using var watcher = new PolicyWatcher(CustomResource.Exemptions, client, store, status, WatchedKind.Impatient, TimeProvider.System, NullLogger<PolicyWatcher>.Instance, memory: 100_000);

        await watcher.StartAsync(default);
        await PolicyCluster.UntilAsync(() => Task.FromResult(status.HasSynced), "the list is known");
        for (var i = 0; i < 20 && !isListed; i++)
            server.Put(Exemption($"a{i:00}", "greedy"));
        server.Put(Exemption("b", "modest"));
        await PolicyCluster.UntilAsync(() => Task.FromResult(store.CountOf(CustomResource.Exemptions) == 21), "all are known");

        Assert.NotNull(store.Find(CustomResource.Exemptions, new("greedy", "a00"))!.InForce);
        Assert.Null(store.Find(CustomResource.Exemptions, new("greedy", "a19"))!.InForce);
        Assert.NotNull(store.Find(CustomResource.Exemptions, new("modest", "b"))!.InForce);
        await watcher.StopAsync(default);
    }

    private static string Exemption(string name, string @namespace) =>
        $"{{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicyExemption, metadata: {{name: {name}, namespace: {@namespace}}}, "
        + $"spec: {{rules: [ingress-tls-required], names: [web], reason: {new string('r', 500)}, owner: team-shop, expiresAt: 2999-01-31T18:00:00Z}}}}";
}
