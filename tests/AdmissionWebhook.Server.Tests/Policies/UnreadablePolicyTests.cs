using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Server.Policies;
using static AdmissionWebhook.Server.Tests.Policies.PolicyCluster;

namespace AdmissionWebhook.Server.Tests.Policies;

public sealed class UnreadablePolicyTests : IAsyncLifetime
{
    private const string DeepPath = "/apis/policy.admissionwebhook.dev/v1alpha1/namespaces/elsewhere/trafficpolicyexemptions/deep";

    private PolicyCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await PolicyCluster.StartAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(80)]
    [InlineData(9_900)]
    [InlineData(10_300)]
    public async Task A_deeply_nested_exemption_does_not_affect_the_others(int levels)
    {
        _cluster.PutPolicy(Good);
        _cluster.PutExemption("ingress-tls-required");
        var first = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(first, null);

        _cluster.Api.PutText(DeepPath, Deep(levels));
        _cluster.Api.DeleteAt(ExemptionPath);

        await UntilDeniedByAsync(first, "ingress-tls-required");
        var restarted = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(restarted, "ingress-tls-required");
        await restarted.UntilMetricAsync("unreadable_objects", "TrafficPolicyExemption", levels > 10_000 ? 1 : 0);
        await restarted.UntilMetricAsync("watch_failures_total", "TrafficPolicyExemption", 0);
    }

    [Fact]
    public async Task An_object_too_large_for_a_status_does_not_block_the_status_of_others()
    {
        _cluster.PutPolicy(Good);
        for (var i = 0; i < 60; i++)
        {
            var path = DeepPath.Replace("elsewhere", $"a{i}", StringComparison.Ordinal);
            _cluster.Api.PutText(path, Deep(1).Replace("elsewhere", $"a{i}", StringComparison.Ordinal));
            _cluster.Api.Faults.AnswerAlways($"PATCH {path}/status", 500, "InternalError");
        }

        _cluster.PutExemption("ingress-tls-required");
        await _cluster.StartServerAsync();

        await _cluster.UntilAcceptedAsync(ExemptionPath, "True");
    }

    [Fact]
    public async Task A_policy_that_becomes_unreadable_keeps_its_last_good_version()
    {
        _cluster.PutPolicy(Good);
        var server = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(server, "ingress-tls-required");

        _cluster.Api.PutText(PolicyPath, Unreadable("TrafficPolicy", PolicyPath));

        await server.UntilAsync("/readyz?verbose", "[+]policy ok: errors in apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/web\n");
        await UntilDeniedByAsync(server, "ingress-tls-required");
        await server.Log.WaitForAsync("cannot be read");
    }

    [Fact]
    public async Task An_exemption_that_becomes_unreadable_exempts_nothing()
    {
        _cluster.PutPolicy(Good);
        _cluster.PutExemption("ingress-tls-required");
        var server = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(server, null);

        _cluster.Api.PutText(ExemptionPath, Unreadable("TrafficPolicyExemption", ExemptionPath));

        await UntilDeniedByAsync(server, "ingress-tls-required");
    }

    [Fact]
    public void Ignores_fields_that_only_the_API_server_reads()
    {
        var known = PolicyObject.Read(CustomResource.Policies, System.Text.Encoding.UTF8.GetBytes(
            $$$"""{"apiVersion":"policy.admissionwebhook.dev/v1alpha1","kind":"TrafficPolicy","metadata":{"name":"web","managedFields":{{{Nested(9_900)}}},"annotations":{{{Nested(9_900)}}},"uid":7,"generation":3},"spec":{"rules":{"ingress-tls-required":{} } },"status":{{{Nested(9_900)}}} }"""));

        Assert.Empty(known.Written.Mistakes);
        Assert.Equal(("web", "", 3, null), (known.Name, known.Uid, known.Generation, known.Status));
    }

    [Fact]
    public void Rejects_a_deeply_nested_spec()
    {
        var known = PolicyObject.Read(CustomResource.Policies, System.Text.Encoding.UTF8.GetBytes(
            $$$"""{"apiVersion":"policy.admissionwebhook.dev/v1alpha1","kind":"TrafficPolicy","metadata":{"name":"web"},"spec":{"rules":{},"deep":{{{Nested(9_900)}}} } }"""));

        Assert.Contains("cannot be read: ", Assert.Single(known.Written.Mistakes).ToString(), StringComparison.Ordinal);
    }

    private static string Nested(int levels) => $"{new string('[', levels)}{new string(']', levels)}";

    private static string Deep(int levels) =>
        $$$"""
        {"apiVersion":"policy.admissionwebhook.dev/v1alpha1","kind":"TrafficPolicyExemption","metadata":{"name":"deep","namespace":"elsewhere","uid":"u","generation":1,"resourceVersion":"VERSION","managedFields":{{{Nested(levels)}}}},"spec":{"rules":["service-port-name"],"names":["x"],"reason":"r","owner":"o","expiresAt":"2999-01-01T00:00:00Z"}}
        """.ReplaceLineEndings("");

    /// <summary>The object with half a surrogate pair, which no UTF-8 can say.</summary>
    private string Unreadable(string kind, string path)
    {
        var metadata = _cluster.Api.Find(path)!["metadata"]!;
        metadata["generation"] = 2;
        metadata["resourceVersion"] = "VERSION";
        return $$$"""{"apiVersion":"policy.admissionwebhook.dev/v1alpha1","kind":"{{{kind}}}","metadata":{{{metadata.ToJsonString()}}},"spec":{"rules":["\ud800"],"ingressClasses":{"include":["\ud800"]},"reason":"\ud800","names":["\ud800"]}}""";
    }

    [Fact]
    public void An_exemption_beyond_the_memory_exempts_nothing_and_reports_why()
    {
        var read = PolicyObject.Read(CustomResource.Exemptions, System.Text.Encoding.UTF8.GetBytes(
            """{"apiVersion": "policy.admissionwebhook.dev/v1alpha1", "kind": "TrafficPolicyExemption", "metadata": {"name": "old", "namespace": "shop", "uid": "u", "generation": 1}, "spec": {"rules": ["ingress-tls-required"], "names": ["web"], "reason": "r", "owner": "o", "expiresAt": "2026-12-31T00:00:00Z"}}"""));
        var whole = read.After(null);

        var stub = read.ToStub().After(whole);

        Assert.NotNull(whole.InForce);
        Assert.Null(stub.InForce);
        Assert.Contains("the exemptions of namespace \"shop\" exceed its share of memory", stub.Written.Mistakes.Single().ToString(), StringComparison.Ordinal);
        Assert.True(stub.Size < whole.Size);
    }
}
