using static AdmissionWebhook.Server.Tests.Certificates.SelfManagedCluster;

namespace AdmissionWebhook.Server.Tests.Certificates;

public sealed class CaBundleTests : IAsyncLifetime
{
    private readonly SelfManagedCluster _cluster = new();

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Repairs_an_overwritten_caBundle_and_changes_nothing_else()
    {
        _cluster.PutConfigurations();
        var server = await _cluster.StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        var before = _cluster.Api.Find(Validating)!["webhooks"]!.DeepClone();

        _cluster.PutConfigurations(bundle: "QUJD");
        await UntilAsync(() => _cluster.BundleOf(Validating) == _cluster.Stored().Bundle && _cluster.BundleOf(Mutating) == _cluster.Stored().Bundle, "both bundles are repaired");

        Assert.True(JsonNode.DeepEquals(before, _cluster.Api.Find(Validating)!["webhooks"]));
        await server.UntilAsync("/metrics", "admission_webhook_ca_bundle_writes_total{} 4\n");
        await server.UntilAsync("/metrics", "admission_webhook_ca_bundle_wrong{} 0\n");
    }

    [Fact]
    public async Task Writes_the_caBundle_of_a_configuration_that_is_created_later()
    {
        var server = await _cluster.StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        _cluster.PutConfigurations();

        await UntilAsync(() => _cluster.BundleOf(Validating) == _cluster.Stored().Bundle && _cluster.BundleOf(Mutating) == _cluster.Stored().Bundle, "both have the bundle");
    }

    [Fact]
    public async Task Serves_and_reports_it_when_webhook_configurations_are_forbidden()
    {
        _cluster.PutConfigurations();
        _cluster.Api.Faults.AnswerAlways(Validating, 403, "Forbidden");

        var server = await _cluster.StartAsync();

        await server.UntilAsync("/readyz?verbose", "[+]certificate ok: cannot update the caBundle of admission-webhook: Forbidden on purpose\n");
        await server.UntilAsync("/metrics", "admission_webhook_ca_bundle_wrong{} 1\n");
        Assert.Single(server.Log.Lines, line => line.Contains("Cannot update the caBundle of admission-webhook", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_replica_is_not_ready_before_the_caBundle_holds_its_authority()
    {
        _cluster.PutConfigurations();
        _cluster.Api.Faults.AnswerAlways($"PATCH {Validating}", 422, "Invalid");

        var server = await _cluster.StartAsync();

        await server.UntilAsync("/readyz?verbose", "[-]certificate failed: the caBundle of ValidatingWebhookConfiguration and MutatingWebhookConfiguration admission-webhook lacks its authority\n");
        _cluster.Api.Faults.AnswerAlways($"PATCH {Validating}", 0, "");
        _cluster.PutConfigurations();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
    }

    [Fact]
    public async Task Stays_ready_and_reports_both_errors_when_the_caBundle_loses_the_authority_and_cannot_be_written()
    {
        _cluster.PutConfigurations();
        var server = await _cluster.StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        _cluster.Api.Faults.AnswerAlways($"PATCH {Validating}", 422, "Invalid");
        _cluster.PutConfigurations(bundle: "QUJD");

        await server.UntilAsync(
            "/readyz?verbose",
            "[+]certificate ok: the caBundle of ValidatingWebhookConfiguration and MutatingWebhookConfiguration admission-webhook lacks its authority; cannot update the caBundle of admission-webhook: Invalid on purpose\n");
        await server.UntilAsync("/metrics", "admission_webhook_ca_bundle_wrong{} 1\n");
    }
}
