using System.Globalization;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.Server.Tests.Certificates.SelfManagedCluster;

namespace AdmissionWebhook.Server.Tests.Certificates;

public sealed class SelfManagedCertificateTests : IAsyncLifetime
{
    private readonly SelfManagedCluster _cluster = new();

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Three_replicas_that_start_together_share_one_authority_and_one_certificate()
    {
        _cluster.PutConfigurations();

        var servers = await Task.WhenAll(_cluster.StartAsync(), _cluster.StartAsync(), _cluster.StartAsync());
        foreach (var server in servers)
            await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        var thumbprints = new List<string>();
        foreach (var server in servers)
            thumbprints.Add((await TlsClient.HandshakeAsync(server.Webhook, Name, _cluster.BundleOf(Validating)))[0].Thumbprint);
        Assert.Equal(_cluster.Stored().Serving!.Thumbprint, Assert.Single(thumbprints.Distinct()));
        Assert.Single(_cluster.Stored().Authorities);
        Assert.Equal([_cluster.Stored().Bundle, _cluster.Stored().Bundle], [_cluster.BundleOf(Validating), _cluster.BundleOf(Mutating)]);
        Assert.Equal("Fail", (string?)_cluster.Api.Find(Validating)!["webhooks"]![0]!["failurePolicy"]);
    }

    [Fact]
    public async Task Fills_a_Secret_without_data()
    {
        _cluster.Api.Put("{apiVersion: v1, kind: Secret, metadata: {name: admission-webhook, namespace: admission-webhook, labels: {team: platform}}, type: Opaque}");

        var server = await _cluster.StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        Assert.NotNull(_cluster.Stored().Serving);
        Assert.Equal("platform", (string?)_cluster.Api.Find(SelfManagedCluster.Secret)!["metadata"]!["labels"]!["team"]);
        Assert.DoesNotContain(_cluster.Api.Requests, request => request.StartsWith($"POST {Secrets}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Replaces_a_deleted_Secret_with_a_new_authority_without_a_failed_handshake()
    {
        _cluster.PutConfigurations();
        var servers = await Task.WhenAll(_cluster.StartAsync(), _cluster.StartAsync());
        foreach (var server in servers)
            await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        var old = _cluster.Stored();
        using var ending = new CancellationTokenSource();
        var handshakes = servers.Select(server => _cluster.HandshakeUntilAsync(server, ending.Token)).ToList();

        _cluster.Api.DeleteAt(SelfManagedCluster.Secret);
        await UntilAsync(() => _cluster.Api.Find(SelfManagedCluster.Secret) is not null, "there is a Secret again");
        var renewed = _cluster.Stored();
        await UntilAsync(() => _cluster.Stored().Serving!.Thumbprint != old.Serving!.Thumbprint, "there is a new certificate");
        foreach (var server in servers)
            await server.Log.WaitForAsync("Serving the certificate", times: 2);
        await ending.CancelAsync();

        Assert.All(await Task.WhenAll(handshakes), count => Assert.True(count > 10, $"Only {count} handshakes."));
        Assert.Equal(old.Serving!.Thumbprint, renewed.Serving!.Thumbprint);
        Assert.Equal([renewed.Issuer!.Thumbprint, old.Issuer!.Thumbprint], _cluster.Stored().Authorities.Select(authority => authority.Thumbprint));
        Assert.NotEqual(old.Issuer.Thumbprint, renewed.Issuer.Thumbprint);
    }

    [Fact]
    public async Task Renews_the_certificate_in_time_and_every_replica_serves_the_new_one()
    {
        _cluster.PutConfigurations();
        var clock = new RealTimers(DateTimeOffset.UtcNow);
        var servers = await Task.WhenAll(_cluster.StartAsync(clock), _cluster.StartAsync(clock));
        foreach (var server in servers)
            await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        var before = _cluster.Stored();

        clock.Advance(TimeSpan.FromDays(61));
        _cluster.PutConfigurations();
        foreach (var server in servers)
            await server.Log.WaitForAsync("Serving the certificate", times: 2);

        Assert.Equal(before.Issuer!.Thumbprint, _cluster.Stored().Issuer!.Thumbprint);
        Assert.NotEqual(before.Serving!.Thumbprint, _cluster.Stored().Serving!.Thumbprint);
        var expiry = new DateTimeOffset(_cluster.Stored().Serving!.NotAfter).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        foreach (var server in servers)
            await server.UntilAsync("/metrics", $"admission_webhook_certificate_expiry_timestamp_seconds{{kind=\"serving\"}} {expiry}\n");
        await servers[0].UntilAsync("/metrics", $"admission_webhook_certificate_expiry_timestamp_seconds{{kind=\"ca\"}} {new DateTimeOffset(before.Issuer.NotAfter).ToUnixTimeSeconds()}\n");
    }

    [Fact]
    public async Task Serves_the_old_certificate_while_the_API_server_is_silent_and_continues_afterwards()
    {
        _cluster.PutConfigurations();
        var server = await _cluster.StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        _cluster.Api.Faults.AnswerAlways(SelfManagedCluster.Secret, 503, "ServiceUnavailable");
        _cluster.PutConfigurations(bundle: "QUJD");
        await server.UntilAsync("/metrics", "admission_webhook_certificate_refused{} 1\n");

        await server.UntilAsync("/readyz?verbose", "[+]certificate ok: cannot update Secret admission-webhook/admission-webhook: ServiceUnavailable on purpose");
        await TlsClient.HandshakeAsync(server.Webhook, Name, _cluster.Stored().Bundle);
        Assert.Single(server.Log.Lines, line => line.Contains("trying again; the served certificate stays: ServiceUnavailable", StringComparison.Ordinal));
        _cluster.Api.Faults.AnswerAlways(SelfManagedCluster.Secret, 0, "");
        await UntilAsync(() => _cluster.BundleOf(Validating) == _cluster.Stored().Bundle, "the bundle is repaired");
        await server.UntilAsync("/metrics", "admission_webhook_certificate_refused{} 0\n");
    }

    [Fact]
    public async Task Is_not_ready_and_reports_why_when_the_Secret_is_forbidden()
    {
        _cluster.Api.Faults.AnswerAlways(SelfManagedCluster.Secret, 403, "Forbidden");

        var server = await _cluster.StartAsync();

        await server.UntilAsync("/readyz?verbose", "[-]certificate failed: no certificate is loaded; cannot update Secret admission-webhook/admission-webhook: Forbidden on purpose\n");
    }

    [Fact]
    public async Task Serves_a_certificate_until_it_expires_when_renewal_is_forbidden()
    {
        _cluster.PutConfigurations();
        var secret = CertificatePlan.Take(CertificateStep.StartOver, CertificateSecret.None, Terms, DateTimeOffset.UtcNow.AddDays(-80));
        _cluster.Put(secret);
        _cluster.Api.Faults.AnswerAlways($"PUT {SelfManagedCluster.Secret}", 403, "Forbidden");

        var server = await _cluster.StartAsync();

        await server.UntilAsync("/readyz?verbose", "[+]certificate ok: it expires on ");
        await server.UntilAsync("/readyz?verbose", "cannot update Secret admission-webhook/admission-webhook: Forbidden on purpose");
        Assert.Equal(secret.Serving!.Thumbprint, (await TlsClient.HandshakeAsync(server.Webhook, Name, _cluster.BundleOf(Mutating)))[0].Thumbprint);
    }

    [Fact]
    public async Task Replaces_an_invalid_Secret_without_a_failed_handshake_and_logs_the_errors()
    {
        _cluster.PutConfigurations();
        var server = await _cluster.StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        using var ending = new CancellationTokenSource();
        var handshakes = _cluster.HandshakeUntilAsync(server, ending.Token);

        _cluster.Api.Put("{apiVersion: v1, kind: Secret, metadata: {name: admission-webhook, namespace: admission-webhook}, data: {ca.crt: bm9uc2Vuc2U=, tls.key: '%'}}");
        await server.Log.WaitForAsync("Secret admission-webhook/admission-webhook is invalid; replacing it: ca.crt must hold a certificate; tls.key must be Base64");
        await server.Log.WaitForAsync("Serving the certificate", times: 2);
        await ending.CancelAsync();

        Assert.True(await handshakes > 0);
        Assert.Empty(_cluster.Stored().Mistakes);
    }

    [Fact]
    public async Task Serves_a_foreign_Secret_once_API_servers_trust_it_without_a_failed_handshake()
    {
        _cluster.PutConfigurations();
        var server = await _cluster.StartAsync();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        var (old, now) = (_cluster.Stored(), DateTimeOffset.UtcNow);
        using var ending = new CancellationTokenSource();
        var handshakes = _cluster.HandshakeUntilAsync(server, ending.Token);

        var other = CertificatePlan.Take(CertificateStep.StartOver, CertificateSecret.None with { Authorities = old.Authorities }, Terms, now);
        _cluster.Put(other);
        await server.Log.WaitForAsync("Wrote the caBundle", times: 4);
        Assert.Equal(old.Serving!.Thumbprint, (await TlsClient.HandshakeAsync(server.Webhook, Name, _cluster.BundleOf(Validating)))[0].Thumbprint);
        await server.Log.WaitForAsync("Serving the certificate", times: 2);
        await ending.CancelAsync();

        Assert.True(await handshakes > 0);
        Assert.Equal(other.Serving!.Thumbprint, (await TlsClient.HandshakeAsync(server.Webhook, Name, _cluster.BundleOf(Validating)))[0].Thumbprint);
    }

    [Fact]
    public async Task The_slower_replica_serves_the_certificate_that_the_faster_one_stored()
    {
        _cluster.PutConfigurations();
        var theirs = CertificatePlan.Take(CertificateStep.StartOver, CertificateSecret.None, Terms, DateTimeOffset.UtcNow);
        _cluster.Api.Faults.HoldAnswers();
        var server = await _cluster.StartAsync();
        await UntilAsync(() => _cluster.Api.Requests.Any(request => request.StartsWith($"GET {Validating}", StringComparison.Ordinal)), "it looks");

        _cluster.Put(theirs);
        _cluster.Api.Faults.AnswerOnce(Secrets, 409, "AlreadyExists");
        _cluster.Api.Faults.GiveAnswers();
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");

        Assert.Equal(theirs.Serving!.Thumbprint, (await TlsClient.HandshakeAsync(server.Webhook, Name, _cluster.BundleOf(Validating)))[0].Thumbprint);
    }
}
