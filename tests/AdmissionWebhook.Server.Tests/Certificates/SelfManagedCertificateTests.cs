using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.Server.Tests.Policies;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Certificates;

public sealed class SelfManagedCertificateTests : IAsyncLifetime
{
    private const string Name = "admission-webhook.admission-webhook.svc";
    private const string Secrets = "/api/v1/namespaces/admission-webhook/secrets";
    private const string Secret = $"{Secrets}/admission-webhook";
    private const string Validating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/admission-webhook";
    private const string Mutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/admission-webhook";

    private static readonly CertificateTerms Terms = new([Name], TimeSpan.FromDays(90), TimeSpan.FromDays(365));

    private readonly List<RunningServer> _servers = [];
    private FakeApiServer _api = null!;

    public async Task InitializeAsync() => _api = await FakeApiServer.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task Of_three_replicas_that_start_together_one_makes_the_authority_and_all_serve_what_it_signed()
    {
        PutConfigurations();

        var servers = await Task.WhenAll(StartAsync(), StartAsync(), StartAsync());
        foreach (var server in servers)
            await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        var thumbprints = new List<string>();
        foreach (var server in servers)
            thumbprints.Add((await TlsClient.HandshakeAsync(server.Webhook, Name, BundleOf(Validating)))[0].Thumbprint);
        Assert.Equal(Stored().Serving!.Thumbprint, Assert.Single(thumbprints.Distinct()));
        Assert.Single(Stored().Authorities);
        Assert.Equal([Stored().Bundle, Stored().Bundle], [BundleOf(Validating), BundleOf(Mutating)]);
        Assert.Equal("Fail", (string?)_api.Find(Validating)!["webhooks"]![0]!["failurePolicy"]);
    }

    [Fact]
    public async Task A_Secret_that_is_there_without_data_is_filled()
    {
        _api.Put("{apiVersion: v1, kind: Secret, metadata: {name: admission-webhook, namespace: admission-webhook, labels: {team: platform}}, type: Opaque}");

        var server = await StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        Assert.NotNull(Stored().Serving);
        Assert.Equal("platform", (string?)_api.Find(Secret)!["metadata"]!["labels"]!["team"]);
        Assert.DoesNotContain(_api.Requests, request => request.StartsWith($"POST {Secrets}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_caBundle_that_somebody_overwrites_is_repaired_and_nothing_else_of_the_configuration_is_touched()
    {
        PutConfigurations();
        var server = await StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        var before = _api.Find(Validating)!["webhooks"]!.DeepClone();

        PutConfigurations(bundle: "QUJD");
        await UntilAsync(() => BundleOf(Validating) == Stored().Bundle && BundleOf(Mutating) == Stored().Bundle, "both bundles are repaired");

        Assert.True(JsonNode.DeepEquals(before, _api.Find(Validating)!["webhooks"]));
        await server.UntilAsync("/metrics", "admission_webhook_ca_bundle_writes_total{} 4\n");
        await server.UntilAsync("/metrics", "admission_webhook_ca_bundle_wrong{} 0\n");
    }

    [Fact]
    public async Task A_configuration_that_is_created_later_gets_its_caBundle()
    {
        var server = await StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        PutConfigurations();

        await UntilAsync(() => BundleOf(Validating) == Stored().Bundle && BundleOf(Mutating) == Stored().Bundle, "both have the bundle");
    }

    [Fact]
    public async Task When_the_Secret_is_deleted_a_new_authority_takes_over_and_no_handshake_fails_meanwhile()
    {
        PutConfigurations();
        var servers = await Task.WhenAll(StartAsync(), StartAsync());
        foreach (var server in servers)
            await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        var old = Stored();
        using var ending = new CancellationTokenSource();
        var handshakes = servers.Select(server => HandshakeUntilAsync(server, ending.Token)).ToList();

        _api.DeleteAt(Secret);
        await UntilAsync(() => _api.Find(Secret) is not null, "there is a Secret again");
        var renewed = Stored();
        await UntilAsync(() => Stored().Serving!.Thumbprint != old.Serving!.Thumbprint, "there is a new certificate");
        foreach (var server in servers)
            await server.Log.WaitForAsync("Serving the certificate", times: 2);
        await ending.CancelAsync();

        Assert.All(await Task.WhenAll(handshakes), count => Assert.True(count > 10, $"Only {count} handshakes."));
        Assert.Equal(old.Serving!.Thumbprint, renewed.Serving!.Thumbprint);
        Assert.Equal([renewed.Issuer!.Thumbprint, old.Issuer!.Thumbprint], Stored().Authorities.Select(authority => authority.Thumbprint));
        Assert.NotEqual(old.Issuer.Thumbprint, renewed.Issuer.Thumbprint);
    }

    [Fact]
    public async Task A_certificate_is_renewed_when_its_time_has_come_and_every_replica_serves_the_new_one()
    {
        PutConfigurations();
        var clock = new Clock(DateTimeOffset.UtcNow);
        var servers = await Task.WhenAll(StartAsync(clock), StartAsync(clock));
        foreach (var server in servers)
            await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        var before = Stored();

        clock.Now += TimeSpan.FromDays(61);
        PutConfigurations();
        foreach (var server in servers)
            await server.Log.WaitForAsync("Serving the certificate", times: 2);

        Assert.Equal(before.Issuer!.Thumbprint, Stored().Issuer!.Thumbprint);
        Assert.NotEqual(before.Serving!.Thumbprint, Stored().Serving!.Thumbprint);
        var expiry = new DateTimeOffset(Stored().Serving!.NotAfter).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        foreach (var server in servers)
            await server.UntilAsync("/metrics", $"admission_webhook_certificate_expiry_timestamp_seconds{{kind=\"serving\"}} {expiry}\n");
        await servers[0].UntilAsync("/metrics", $"admission_webhook_certificate_expiry_timestamp_seconds{{kind=\"ca\"}} {new DateTimeOffset(before.Issuer.NotAfter).ToUnixTimeSeconds()}\n");
    }

    [Fact]
    public async Task While_the_API_server_is_silent_what_is_served_stays_and_afterwards_everything_goes_on()
    {
        PutConfigurations();
        var server = await StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        _api.Faults.AnswerAlways(Secret, 503, "ServiceUnavailable");
        PutConfigurations(bundle: "QUJD");
        await server.UntilAsync("/metrics", "admission_webhook_certificate_refused{} 1\n");

        await server.UntilAsync("/readyz?verbose", "[+]certificate ok: the Secret admission-webhook/admission-webhook cannot be kept: ServiceUnavailable on purpose");
        await TlsClient.HandshakeAsync(server.Webhook, Name, Stored().Bundle);
        Assert.Single(server.Log.Lines, line => line.Contains("cannot be kept and is tried again, what is served stays: ServiceUnavailable", StringComparison.Ordinal));
        _api.Faults.AnswerAlways(Secret, 0, "");
        await UntilAsync(() => BundleOf(Validating) == Stored().Bundle, "the bundle is repaired");
        await server.UntilAsync("/metrics", "admission_webhook_certificate_refused{} 0\n");
    }

    [Fact]
    public async Task A_replica_that_may_not_read_the_Secret_is_not_ready_and_says_why()
    {
        _api.Faults.AnswerAlways(Secret, 403, "Forbidden");

        var server = await StartAsync();

        await server.UntilAsync("/readyz?verbose", "[-]certificate failed: there is none; the Secret admission-webhook/admission-webhook cannot be kept: Forbidden on purpose\n");
    }

    [Fact]
    public async Task A_certificate_that_may_not_be_renewed_is_served_for_as_long_as_it_lasts()
    {
        PutConfigurations();
        var secret = CertificatePlan.Take(CertificateStep.StartOver, CertificateSecret.None, Terms, DateTimeOffset.UtcNow.AddDays(-80));
        Put(secret);
        _api.Faults.AnswerAlways($"PUT {Secret}", 403, "Forbidden");

        var server = await StartAsync();

        await server.UntilAsync("/readyz?verbose", "[+]certificate ok: it expires on ");
        await server.UntilAsync("/readyz?verbose", "cannot be kept: Forbidden on purpose");
        Assert.Equal(secret.Serving!.Thumbprint, (await TlsClient.HandshakeAsync(server.Webhook, Name, BundleOf(Mutating)))[0].Thumbprint);
    }

    [Fact]
    public async Task Who_may_not_read_webhook_configurations_serves_all_the_same_and_says_so()
    {
        PutConfigurations();
        _api.Faults.AnswerAlways(Validating, 403, "Forbidden");

        var server = await StartAsync();

        await server.UntilAsync("/readyz?verbose", "[+]certificate ok: the caBundle of admission-webhook cannot be kept: Forbidden on purpose\n");
        await server.UntilAsync("/metrics", "admission_webhook_ca_bundle_wrong{} 1\n");
        Assert.Single(server.Log.Lines, line => line.Contains("The caBundle of admission-webhook cannot be kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_replica_is_not_ready_before_its_authority_is_in_the_caBundle()
    {
        PutConfigurations();
        _api.Faults.AnswerAlways($"PATCH {Validating}", 422, "Invalid");

        var server = await StartAsync();

        await server.UntilAsync("/readyz?verbose", "[-]certificate failed: its authority is not in the caBundle of the ValidatingWebhookConfiguration and MutatingWebhookConfiguration admission-webhook\n");
        _api.Faults.AnswerAlways($"PATCH {Validating}", 0, "");
        PutConfigurations();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
    }

    [Fact]
    public async Task An_authority_that_is_lost_from_a_caBundle_that_cannot_be_kept_takes_no_replica_out_and_both_are_told()
    {
        PutConfigurations();
        var server = await StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        _api.Faults.AnswerAlways($"PATCH {Validating}", 422, "Invalid");
        PutConfigurations(bundle: "QUJD");

        await server.UntilAsync(
            "/readyz?verbose",
            "[+]certificate ok: its authority is not in the caBundle of the ValidatingWebhookConfiguration and MutatingWebhookConfiguration admission-webhook; the caBundle of admission-webhook cannot be kept: Invalid on purpose\n");
        await server.UntilAsync("/metrics", "admission_webhook_ca_bundle_wrong{} 1\n");
    }

    [Fact]
    public async Task A_broken_Secret_is_mended_without_a_handshake_that_fails_and_the_log_says_what_was_wrong()
    {
        PutConfigurations();
        var server = await StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        using var ending = new CancellationTokenSource();
        var handshakes = HandshakeUntilAsync(server, ending.Token);

        _api.Put("{apiVersion: v1, kind: Secret, metadata: {name: admission-webhook, namespace: admission-webhook}, data: {ca.crt: bm9uc2Vuc2U=, tls.key: '%'}}");
        await server.Log.WaitForAsync("The Secret admission-webhook/admission-webhook holds what cannot be used and is mended: ca.crt holds no certificate; tls.key is not Base64");
        await server.Log.WaitForAsync("Serving the certificate", times: 2);
        await ending.CancelAsync();

        Assert.True(await handshakes > 0);
        Assert.Empty(Stored().Mistakes);
    }

    [Fact]
    public async Task A_Secret_that_somebody_else_wrote_is_served_once_it_is_trusted_and_no_handshake_fails()
    {
        PutConfigurations();
        var server = await StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        var (old, now) = (Stored(), DateTimeOffset.UtcNow);
        using var ending = new CancellationTokenSource();
        var handshakes = HandshakeUntilAsync(server, ending.Token);

        var other = CertificatePlan.Take(CertificateStep.StartOver, CertificateSecret.None with { Authorities = old.Authorities }, Terms, now);
        Put(other);
        await server.Log.WaitForAsync("Wrote the caBundle", times: 4);
        Assert.Equal(old.Serving!.Thumbprint, (await TlsClient.HandshakeAsync(server.Webhook, Name, BundleOf(Validating)))[0].Thumbprint);
        await server.Log.WaitForAsync("Serving the certificate", times: 2);
        await ending.CancelAsync();

        Assert.True(await handshakes > 0);
        Assert.Equal(other.Serving!.Thumbprint, (await TlsClient.HandshakeAsync(server.Webhook, Name, BundleOf(Validating)))[0].Thumbprint);
    }

    [Fact]
    public async Task Who_was_slower_takes_what_the_other_has_stored()
    {
        PutConfigurations();
        var theirs = CertificatePlan.Take(CertificateStep.StartOver, CertificateSecret.None, Terms, DateTimeOffset.UtcNow);
        _api.Faults.HoldAnswers();
        var server = await StartAsync();
        await UntilAsync(() => _api.Requests.Any(request => request.StartsWith($"GET {Validating}", StringComparison.Ordinal)), "it looks");

        Put(theirs);
        _api.Faults.AnswerOnce(Secrets, 409, "AlreadyExists");
        _api.Faults.GiveAnswers();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        Assert.Equal(theirs.Serving!.Thumbprint, (await TlsClient.HandshakeAsync(server.Webhook, Name, BundleOf(Validating)))[0].Thumbprint);
    }

    private async Task<RunningServer> StartAsync(TimeProvider? time = null)
    {
        var server = await RunningServer.BesideAsync(_api.Address, time: time, settings: [("Certificate:Source", "SelfManaged"), ("Certificate:TrustDelay", "1s")]);
        lock (_servers)
            _servers.Add(server);
        return server;
    }

    /// <summary>As an API server that reads the bundle before each call. A handshake that fails, fails the test.</summary>
    private async Task<int> HandshakeUntilAsync(RunningServer server, CancellationToken ending)
    {
        var count = 0;
        for (; !ending.IsCancellationRequested; count++)
            await TlsClient.HandshakeAsync(server.Webhook, Name, BundleOf(Validating));
        return count;
    }

    private CertificateSecret Stored() => CertificateSecret.Read(Encoding.UTF8.GetBytes(_api.Find(Secret)!.ToJsonString()));

    private void Put(CertificateSecret secret) => _api.Put(Encoding.UTF8.GetString(secret.Write("admission-webhook", "admission-webhook")));

    private string BundleOf(string path) => Encoding.UTF8.GetString(Convert.FromBase64String((string?)_api.Find(path)!["webhooks"]![0]!["clientConfig"]!["caBundle"] ?? ""));

    /// <summary>As somebody applies them who knows nothing of a bundle, or thinks to know.</summary>
    private void PutConfigurations(string? bundle = null)
    {
        foreach (var kind in new[] { "Validating", "Mutating" })
        {
            _api.Put($$"""
                apiVersion: admissionregistration.k8s.io/v1
                kind: {{kind}}WebhookConfiguration
                metadata: {name: admission-webhook}
                webhooks: [{name: ingresses.admissionwebhook.dev, failurePolicy: Fail, clientConfig: {service: {name: admission-webhook, namespace: admission-webhook}{{(bundle is null ? "" : $", caBundle: {bundle}")}} } }]
                """);
        }
    }

    private static Task UntilAsync(Func<bool> condition, string what) => PolicyCluster.UntilAsync(() => Task.FromResult(condition()), what);
}
