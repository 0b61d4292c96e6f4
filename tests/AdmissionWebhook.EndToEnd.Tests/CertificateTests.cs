using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests;

public sealed class CertificateTests(CertificateReplicas replicas) : IClassFixture<CertificateReplicas>
{
    [Fact]
    public async Task Three_replicas_that_start_at_once_share_one_authority_and_one_certificate()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);

        var output = string.Concat(replicas.Servers.Select(server => server.Output));
        Assert.True(output.Split("Stored a new authority and a new certificate in Secret").Length == 2, output);
        var data = await replicas.SecretDataAsync();
        Assert.Equal(CertificateReplicas.TextOf(data["ca.crt"]), await replicas.BundleAsync());
        using var stored = X509Certificate2.CreateFromPem(CertificateReplicas.TextOf(data["tls.crt"]));
        for (var i = 0; i < replicas.Servers.Count; i++)
            Assert.Equal(stored.Thumbprint, await replicas.ServedAsync(i));
        Assert.Contains("service-no-node-port", await replicas.TryServiceAsync("NodePort"), StringComparison.Ordinal);
        Assert.Contains("\"ClusterIP\"", await replicas.TryServiceAsync("ClusterIP"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJPekNCNHFBREFnRUNBZ0VCTUFvR0NDcUdTTTQ5QkFNQ01BOHhEVEFMQmdOVkJBTU1CSFJsYzNRdwpIaGNOTWpRd01UQXhNREF3TURBd1doY05NelF3TVRBeE1EQXdNREF3V2pBUE1RMHdDd1lEVlFRRERBUjBaWE4wCi0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"}]""", false)]
    [InlineData("""[{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]""", true)]
    public async Task Repairs_an_overwritten_caBundle_within_seconds(string patch, bool mustBeTaken)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var before = await replicas.BundleAsync();
        var writes = CountWrites();

        var (exitCode, output) = await replicas.Cluster.TryKubectlAsync("", "patch", "validatingwebhookconfiguration", "admission-webhook", "--type=json", "--patch", patch);
        Assert.SkipWhen(!mustBeTaken && exitCode != 0, $"This API server rejects an invalid caBundle: {output}");
        var begin = Stopwatch.GetTimestamp();
        await replicas.UntilAsync("the bundle is repaired", async () => CountWrites() > writes && await replicas.BundleAsync() == before);

        Assert.Equal(0, exitCode);
        Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalSeconds, 0, 5);
        await replicas.UntilAsync("the API server calls again", async () => (await replicas.TryServiceAsync("NodePort")).Contains("service-no-node-port", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_handshake_and_no_call_fails_while_authority_and_certificate_rotate()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var (old, oldBundle) = (await replicas.ServedAsync(0), await replicas.BundleAsync());
        using var ending = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 3).Select(replica => HandshakeUntilAsync(replica, ending.Token)).Append(CallUntilAsync(ending.Token)).ToList();

        await replicas.DeleteSecretAsync();
        await UntilAllServeAnotherAsync(old);
        var (rotated, bundle) = (await replicas.ServedAsync(0), await replicas.BundleAsync());
        await replicas.ChangeSecretAsync("""{"data": {"tls.crt": null, "tls.key": null}}""");
        await UntilAllServeAnotherAsync(rotated);
        await ending.CancelAsync();

        var counts = await Task.WhenAll(clients);
        Assert.All(counts, count => Assert.True(count > 20, $"Only {count} tries."));
        Assert.EndsWith(oldBundle!, bundle, StringComparison.Ordinal);
        Assert.NotEqual(oldBundle, bundle);
        Assert.Equal(bundle, await replicas.BundleAsync());
    }

    [Fact]
    public async Task Applying_the_registration_again_keeps_the_caBundle_and_fills_it_for_new_entries()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var (bundle, writes) = (await replicas.BundleAsync(), CountWrites());

        await replicas.RegisterAsync();
        Assert.Equal((bundle, writes), (await replicas.BundleAsync(), CountWrites()));

        // As the documentation says: an apply alone does not remove an entry of which another manager owns the caBundle.
        await replicas.Cluster.KubectlAsync("", "patch", "validatingwebhookconfiguration", "admission-webhook", "--type=json", "--patch", """[{"op": "remove", "path": "/webhooks/2"}]""");
        await replicas.Cluster.KubectlAsync("", "patch", "mutatingwebhookconfiguration", "admission-webhook", "--type=json", "--patch", """[{"op": "remove", "path": "/webhooks/2"}]""");
        await replicas.RegisterAsync(webhooks: 2);
        Assert.Null(await replicas.BundleAsync(replica: 2));

        await replicas.RegisterAsync();
        await replicas.UntilAsync("the new entry has the bundle", async () => await replicas.BundleAsync(replica: 2) == bundle);
    }

    private int CountWrites() => replicas.Servers.Sum(server => server.Output.Split("Wrote the caBundle of ValidatingWebhookConfiguration").Length - 1);

    private Task UntilAllServeAnotherAsync(string old) => replicas.UntilAsync("every replica serves another certificate", async () =>
    {
        for (var i = 0; i < replicas.Servers.Count; i++)
        {
            if (await replicas.ServedAsync(i) == old)
                return false;
        }

        return true;
    });

    /// <summary>As an API server that knows the bundle before it calls. A handshake that fails, fails the test.</summary>
    private async Task<int> HandshakeUntilAsync(int replica, CancellationToken ending)
    {
        var count = 0;
        for (; !ending.IsCancellationRequested; count++)
            await TlsClient.HandshakeAsync(replicas.Webhooks[replica], CertificateReplicas.Name, await replicas.BundleAsync());
        return count;
    }

    private async Task<int> CallUntilAsync(CancellationToken ending)
    {
        var count = 0;
        for (; !ending.IsCancellationRequested; count++)
            Assert.Contains("\"ClusterIP\"", await replicas.TryServiceAsync("ClusterIP"), StringComparison.Ordinal);
        return count;
    }
}
