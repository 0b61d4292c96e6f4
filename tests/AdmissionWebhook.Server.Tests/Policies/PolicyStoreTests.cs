using static AdmissionWebhook.Server.Tests.Policies.PolicyCluster;

namespace AdmissionWebhook.Server.Tests.Policies;

public sealed class PolicyStoreTests : IAsyncLifetime
{
    private const string Collection = "/apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies";

    private PolicyCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await PolicyCluster.StartAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_policy_and_each_change_of_it_are_in_force_while_it_exists()
    {
        var server = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(server, null);

        _cluster.PutPolicy(Good);
        await UntilDeniedByAsync(server, "ingress-tls-required");
        await server.UntilMetricAsync("objects", "TrafficPolicy", 1);
        _cluster.PutPolicy("ingress-tls-required: {enforcement: Warn}");
        await UntilDeniedByAsync(server, null);
        _cluster.PutPolicy(Good);
        await UntilDeniedByAsync(server, "ingress-tls-required");
        _cluster.Api.DeleteAt(PolicyPath);

        await UntilDeniedByAsync(server, null);
    }

    [Fact]
    public async Task Enforces_nothing_without_a_policy_and_reports_it()
    {
        var server = await _cluster.StartServerAsync();

        Assert.Contains("[+]policy ok: no TrafficPolicy is in force, so nothing is enforced\n", (await server.GetAsync("/readyz?verbose")).Text, StringComparison.Ordinal);
        await server.Log.WaitForAsync("no TrafficPolicy is in force");
        await UntilDeniedByAsync(server, null);
    }

    [Fact]
    public async Task Enforces_nothing_until_the_kinds_of_policies_are_installed()
    {
        _cluster.PutPolicy(Good);
        _cluster.Api.Faults.AnswerAlways(Collection, 404, "NotFound");
        var server = await _cluster.StartServerAsync();
        await server.UntilAsync("/readyz?verbose", "[+]cluster TrafficPolicy ok: the API server does not serve this kind\n");
        await UntilDeniedByAsync(server, null);

        _cluster.Api.Faults.AnswerAlways(Collection, 0, "");

        await UntilDeniedByAsync(server, "ingress-tls-required");
    }

    [Fact]
    public async Task Is_not_ready_when_policies_are_forbidden()
    {
        _cluster.Api.Faults.AnswerAlways(Collection, 403, "Forbidden");

        var starting = _cluster.StartServerAsync();

        Assert.NotEqual(starting, await Task.WhenAny(starting, Task.Delay(TimeSpan.FromSeconds(1))));
        _cluster.Api.Faults.AnswerAlways(Collection, 0, "");
        await starting;
    }

    [Theory]
    [InlineData(503, "ServiceUnavailable")]
    [InlineData(404, "NotFound")]
    public async Task Known_policies_stay_in_force_while_the_API_server_is_gone(int code, string reason)
    {
        _cluster.PutPolicy(Good);
        var server = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(server, "ingress-tls-required");

        _cluster.Api.Faults.AnswerAlways(Collection, code, reason);
        _cluster.Api.Faults.CutWatches();
        await server.UntilAsync("/readyz?verbose", $"[+]cluster TrafficPolicy ok: {reason} on purpose\n");

        await UntilDeniedByAsync(server, "ingress-tls-required");
    }

    [Fact]
    public async Task An_invalid_policy_keeps_its_last_good_version_in_force_and_reports_the_errors()
    {
        _cluster.PutPolicy(Good);
        var server = await _cluster.StartServerAsync();
        var good = await _cluster.UntilAcceptedAsync(PolicyPath, "True");
        _cluster.PutPolicy(Bad);

        var bad = await _cluster.UntilAcceptedAsync(PolicyPath, "False");

        Assert.Equal(
            """
            Generation 1, the last one without errors, stays in force.
            spec.rules.ingress-class-exists.enforcement: must be one of Off, Audit, Warn, Deny, found "Denny"; did you mean "Deny"?
            spec.rules.ingress-tls-requird: rule "ingress-tls-requird" does not exist; did you mean "ingress-tls-required"?
            """.Split('\n').Order(StringComparer.Ordinal),
            ((string)bad["conditions"]![0]!["message"]!).Split('\n').Order(StringComparer.Ordinal));
        Assert.Equal(("Invalid", 2, 1), ((string?)bad["conditions"]![0]!["reason"], (int)bad["observedGeneration"]!, (int)bad["acceptedGeneration"]!));
        Assert.Equal((string?)good["acceptedSpec"], (string?)bad["acceptedSpec"]);
        await UntilDeniedByAsync(server, "ingress-tls-required");
        await server.UntilAsync("/readyz?verbose", "[+]policy ok: errors in apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/web\n");
        await server.UntilAsync("/metrics", "admission_webhook_policy_mistaken_objects{kind=\"TrafficPolicy\"} 1\n");
        await server.Log.WaitForAsync("its last good version stays in force");
    }

    [Fact]
    public async Task A_policy_that_was_never_valid_is_not_in_force()
    {
        _cluster.PutPolicy($"{Good}, {Bad}");
        var server = await _cluster.StartServerAsync();

        var status = await _cluster.UntilAcceptedAsync(PolicyPath, "False");

        Assert.StartsWith("It is not in force.\n", (string?)status["conditions"]![0]!["message"], StringComparison.Ordinal);
        Assert.Null(status["acceptedSpec"]);
        await UntilDeniedByAsync(server, null);
    }

    [Fact]
    public async Task The_last_good_version_and_its_revision_survive_a_restart()
    {
        _cluster.PutPolicy(Good);
        var first = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(first, "ingress-tls-required");
        await _cluster.UntilAcceptedAsync(PolicyPath, "True");
        _cluster.PutPolicy(Bad);
        await _cluster.UntilAcceptedAsync(PolicyPath, "False");
        await first.StopAsync();

        var second = await _cluster.StartServerAsync();

        await UntilDeniedByAsync(second, "ingress-tls-required");
        var revision = first.Log.Lines.Single(line => line.Contains("is in force", StringComparison.Ordinal));
        Assert.Contains(revision, second.Log.Lines);
    }

    [Fact]
    public async Task A_new_policy_with_an_old_name_inherits_nothing()
    {
        _cluster.PutPolicy(Good);
        var server = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(server, "ingress-tls-required");

        _cluster.Api.Faults.DropsEvents = true;
        _cluster.Api.DeleteAt(PolicyPath);
        _cluster.Api.Faults.DropsEvents = false;
        _cluster.PutPolicy(Bad);

        await UntilDeniedByAsync(server, null);
    }

    [Fact]
    public async Task An_exemption_exempts_while_it_exists_and_is_valid()
    {
        _cluster.PutPolicy(Good);
        var server = await _cluster.StartServerAsync();
        await UntilDeniedByAsync(server, "ingress-tls-required");

        _cluster.PutExemption("ingress-tls-required");
        await UntilDeniedByAsync(server, null);
        await _cluster.UntilAcceptedAsync(ExemptionPath, "True");
        _cluster.PutExemption("ingress-tls-required, ingress-tls-requird");
        await UntilDeniedByAsync(server, "ingress-tls-required");
        var bad = await _cluster.UntilAcceptedAsync(ExemptionPath, "False");
        Assert.Contains("spec.rules[1]: rule", (string?)bad["conditions"]![0]!["message"], StringComparison.Ordinal);
        _cluster.PutExemption("ingress-tls-required");
        await UntilDeniedByAsync(server, null);
        _cluster.Api.DeleteAt(ExemptionPath);

        await UntilDeniedByAsync(server, "ingress-tls-required");
    }
}
