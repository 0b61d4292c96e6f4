using static AdmissionWebhook.Server.Tests.Policies.PolicyCluster;

namespace AdmissionWebhook.Server.Tests.Policies;

public sealed class StatusWriterTests : IAsyncLifetime
{
    private PolicyCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await PolicyCluster.StartAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task The_status_counts_the_violations_of_existing_objects()
    {
        _cluster.PutPolicy($"{Good}, ingress-class-exists: {{enforcement: Warn}}, ingress-backend-service-exists: {{enforcement: Audit}}");
        _cluster.PutIngress();
        await _cluster.StartServerAsync();

        var status = await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["findings"]?["denied"] == 1);

        Assert.Equal("""{"denied":1,"warned":1,"audited":1,"exempted":0,"unchecked":0}""", status["findings"]!.ToJsonString());
        Assert.Equal("""{"ingress-backend-service-exists":1,"ingress-class-exists":1,"ingress-tls-required":1}""", status["rules"]!.ToJsonString());
    }

    [Fact]
    public async Task The_counts_follow_the_objects_the_policy_and_the_exemptions()
    {
        _cluster.PutPolicy(Good);
        await _cluster.StartServerAsync();
        await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["findings"]?["denied"] == 0);

        _cluster.PutIngress();
        await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["findings"]?["denied"] == 1);
        _cluster.PutPolicy("ingress-tls-required: {enforcement: Audit}");
        await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["findings"]?["audited"] == 1);
        _cluster.PutExemption("ingress-tls-required", DateTimeOffset.UtcNow.AddSeconds(2).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
        await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["findings"]?["exempted"] == 1);

        await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["findings"]?["exempted"] == 0);
        var ended = await _cluster.UntilAcceptedAsync(ExemptionPath, "False");
        Assert.Equal("Expired", (string?)ended["conditions"]![0]!["reason"]);
    }

    [Fact]
    public async Task Does_not_write_a_correct_status_again()
    {
        _cluster.PutPolicy(Good);
        _cluster.PutIngress();
        await _cluster.StartServerAsync();
        await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["findings"]?["denied"] == 1);
        var settling = _cluster.Api.Requests.Count;
        await UntilAsync(() => Task.FromResult(_cluster.Api.Requests.Count > settling + 10), "what is known of late is in the status");
        var (writes, version) = (_cluster.CountWrites(PolicyPath), _cluster.Api.Find(PolicyPath)!.ToJsonString());

        _cluster.Api.Put(Reviews.GoodIngress.Replace("\"name\": \"web\", \"namespace\"", "\"name\": \"good\", \"namespace\"", StringComparison.Ordinal));
        var requests = _cluster.Api.Requests.Count;
        await UntilAsync(() => Task.FromResult(_cluster.Api.Requests.Count > requests + 10), "the lease was renewed ten times");

        Assert.Equal((writes, version), (_cluster.CountWrites(PolicyPath), _cluster.Api.Find(PolicyPath)!.ToJsonString()));
        Assert.InRange(writes, 1, 3);
    }

    [Fact]
    public async Task Does_not_repeat_a_status_that_an_older_definition_truncates()
    {
        _cluster.Api.Faults.UnknownStatusField = "acceptedSpec";
        _cluster.PutPolicy(Good);
        await _cluster.StartServerAsync();
        await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["findings"]?["denied"] == 0);

        var requests = _cluster.Api.Requests.Count;
        await UntilAsync(() => Task.FromResult(_cluster.Api.Requests.Count > requests + 10), "the lease was renewed ten times");

        Assert.InRange(_cluster.CountWrites(PolicyPath), 1, 4);
    }

    [Fact]
    public async Task The_transition_time_changes_only_with_the_condition()
    {
        _cluster.PutPolicy(Good);
        await _cluster.StartServerAsync();
        var first = await _cluster.UntilAcceptedAsync(PolicyPath, "True");
        var condition = first["conditions"]![0]!.DeepClone();
        condition["lastTransitionTime"] = "2020-01-01T00:00:00Z";
        _cluster.Api.Put($$"""{"apiVersion": "policy.admissionwebhook.dev/v1alpha1", "kind": "TrafficPolicy", "metadata": {"name": "web"}, "spec": {"rules": {} }, "status": {"conditions": [{{condition.ToJsonString()}}]} }""");

        var second = await _cluster.UntilStatusAsync(PolicyPath, status => (int?)status["observedGeneration"] == 2);

        Assert.Equal("2020-01-01T00:00:00Z", (string?)second["conditions"]![0]!["lastTransitionTime"]);
    }

    [Fact]
    public async Task Retries_a_status_after_a_conflict()
    {
        for (var i = 0; i < 3; i++)
            _cluster.Api.Faults.AnswerOnce($"{PolicyPath}/status", 409, "Conflict");
        _cluster.PutPolicy(Good);

        await _cluster.StartServerAsync();

        await _cluster.UntilAcceptedAsync(PolicyPath, "True");
    }

    [Fact]
    public async Task Logs_a_rejected_status_once_and_still_writes_the_others()
    {
        _cluster.Api.Faults.AnswerAlways($"{PolicyPath}/status", 422, "Invalid");
        _cluster.PutPolicy(Good);
        _cluster.PutExemption("ingress-tls-required");
        var server = await _cluster.StartServerAsync();

        await _cluster.UntilAcceptedAsync(ExemptionPath, "True");

        await server.Log.WaitForAsync("The API server rejects the status of apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/web: Invalid on purpose");
        Assert.InRange(_cluster.CountWrites(PolicyPath), 1, 3);
    }

    [Fact]
    public async Task Logs_a_forbidden_status_once_and_still_enforces_the_policy()
    {
        _cluster.Api.Faults.AnswerAlways($"{PolicyPath}/status", 403, "Forbidden");
        _cluster.PutPolicy(Good);
        var server = await _cluster.StartServerAsync();

        await UntilAsync(() => Task.FromResult(_cluster.CountWrites(PolicyPath) >= 3), "it was tried three times");

        Assert.Single(server.Log.Lines, line => line.Contains("Cannot write the status of policies", StringComparison.Ordinal));
        await UntilDeniedByAsync(server, "ingress-tls-required");
        _cluster.Api.Faults.AnswerAlways($"{PolicyPath}/status", 0, "");
        await _cluster.UntilAcceptedAsync(PolicyPath, "True");
    }
}
