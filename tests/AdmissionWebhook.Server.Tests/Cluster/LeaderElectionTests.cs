using AdmissionWebhook.Server.Tests.Policies;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class LeaderElectionTests : IAsyncLifetime
{
    private const string Leases = "/apis/coordination.k8s.io/v1/namespaces/admission-webhook/leases";
    private const string Leads = "admission_webhook_leader{} 1\n";

    private PolicyCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await PolicyCluster.StartAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task One_of_two_replicas_leads_and_the_other_takes_over_at_once_when_it_stops()
    {
        var (first, second) = await StartTwoAsync();
        var before = LeaseSpec();

        await first.StopAsync();
        Assert.NotEqual((string?)before["holderIdentity"], (string?)LeaseSpec()["holderIdentity"]);
        await second.UntilAsync("/metrics", Leads);

        Assert.Equal((1, 1), ((int)LeaseSpec()["leaseTransitions"]!, (int)LeaseSpec()["leaseDurationSeconds"]!));
    }

    [Fact]
    public async Task Another_replica_leads_once_the_lease_of_a_silent_leader_expired()
    {
        _cluster.Api.Put("{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: admission-webhook, namespace: admission-webhook}, spec: {holderIdentity: gone, leaseDurationSeconds: 2, leaseTransitions: 4}}");
        var begin = TimeProvider.System.GetTimestamp();
        var server = await _cluster.StartServerAsync();

        await server.UntilAsync("/metrics", Leads);

        Assert.True(TimeProvider.System.GetElapsedTime(begin) > TimeSpan.FromSeconds(2));
        Assert.Equal(5, (int)LeaseSpec()["leaseTransitions"]!);
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_its_lease_stops_before_another_can_lead()
    {
        var (first, second) = await StartTwoAsync();

        _cluster.Api.Faults.AnswerAlways($"{Leases}/admission-webhook", 500, "InternalError");
        await first.UntilAsync("/metrics", "admission_webhook_leader{} 0\n");
        await second.UntilAsync("/metrics", "admission_webhook_leader{} 0\n");
        await first.Log.WaitForAsync("no longer the leader");

        _cluster.Api.Faults.AnswerAlways($"{Leases}/admission-webhook", 0, "");
        await first.UntilAsync("/metrics", Leads);
    }

    [Theory]
    [InlineData(404, "NotFound")]
    [InlineData(403, "Forbidden")]
    public async Task No_replica_leads_without_a_lease_but_policies_are_in_force(int code, string reason)
    {
        _cluster.Api.Faults.AnswerAlways(Leases, code, reason);
        if (code == 403)
            _cluster.Api.Faults.AnswerAlways($"{Leases}/admission-webhook", code, reason);
        _cluster.PutPolicy(PolicyCluster.Good);
        var server = await _cluster.StartServerAsync();

        await PolicyCluster.UntilAsync(() => Task.FromResult(_cluster.Api.Requests.Count(request => request.Contains("/leases", StringComparison.Ordinal)) >= 6), "it was tried often");

        await PolicyCluster.UntilDeniedByAsync(server, "ingress-tls-required");
        Assert.Single(server.Log.Lines, line => line.Contains("; this replica is not the leader", StringComparison.Ordinal));
        Assert.Equal(0, _cluster.CountWrites(PolicyCluster.PolicyPath));
    }

    private async Task<(RunningServer Leader, RunningServer Other)> StartTwoAsync()
    {
        var first = await _cluster.StartServerAsync();
        await first.UntilAsync("/metrics", Leads);
        var second = await _cluster.StartServerAsync();
        Assert.Contains("admission_webhook_leader{} 0\n", (await second.GetAsync("/metrics")).Text, StringComparison.Ordinal);
        return (first, second);
    }

    private JsonNode LeaseSpec() => _cluster.Api.Find($"{Leases}/admission-webhook")!["spec"]!;
}
