using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Claims;
using AdmissionWebhook.Server.Operations;
using Microsoft.Extensions.Logging.Abstractions;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Server.Tests.Claims;

/// <summary>How many hosts may be claimed at once, and who shares that.</summary>
public sealed class ClaimRateTests : IDisposable
{
    private const int AtOnce = 5000, Each = 500;

    private readonly Metrics _metrics = new([]);
    private readonly ClaimLedger _ledger;

    public ClaimRateTests() => _ledger = new(_metrics, TimeProvider.System, NullLogger<ClaimLedger>.Instance, new(TimeProvider.System));

    public void Dispose()
    {
        _ledger.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Missing_namespaces_share_one_rate_of_claims()
    {
        var known = ClusterState.Empty.With(Object("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"));

        for (var i = 0; i < AtOnce / Each; i++)
            Assert.True(await ClaimAsync($"forged-{i}", known));

        Assert.False(await ClaimAsync("one-more", known));
        Assert.True(await ClaimAsync("shop", known));
    }

    [Fact]
    public async Task Each_namespace_has_its_own_rate_of_claims_while_namespaces_are_unknown()
    {
        for (var i = 0; i <= AtOnce / Each; i++)
            Assert.True(await ClaimAsync($"unknown-{i}", ClusterState.Unknown));
    }

    private async Task<bool> ClaimAsync(string @namespace, ClusterState known)
    {
        var rules = string.Join(", ", Enumerable.Range(0, Each).Select(i => $"{{host: h{i}.{@namespace}.example.com}}"));
        var subject = Create($"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, namespace: {@namespace}}}, spec: {{ingressClassName: nginx, rules: [{rules}]}}}}");
        using var deadline = new Deadline(TimeSpan.FromSeconds(30), TimeProvider.System);
        return (await _ledger.ClaimAsync(Decision.Allow, subject, PolicyOf("ingress-host-conflict: {}"), known, deadline)).IsAllowed;
    }
}
