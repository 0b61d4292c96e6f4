using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.EndToEnd.Tests.RollOut;

public sealed class RollOutTests
{
    private const int Drain = 10;

    private static readonly TimeSpan Lag = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task Three_rolling_restarts_fail_no_call_and_lose_no_decision_record()
    {
        await using var deployment = await Deployment.StartAsync(Drain, Lag);
        await using var load = new AdmissionLoad(deployment.Balancer.Port, Authority(deployment));
        await load.GoOnAsync(300);

        for (var i = 0; i < 3; i++)
            await deployment.RestartAsync();
        await AdmissionLoad.UntilAsync(() => load.Answered + load.Failures.Count >= 10_000);
        await load.StopAsync();

        Assert.Empty(load.Failures);
        await AdmissionLoad.UntilAsync(() => deployment.Records >= load.Answered);
        Assert.Equal(load.Answered, deployment.Records);
    }

    [Fact]
    public async Task Without_time_to_drain_calls_fail()
    {
        await using var deployment = await Deployment.StartAsync(0, Lag);
        await using var load = new AdmissionLoad(deployment.Balancer.Port, Authority(deployment));
        await load.GoOnAsync(300);

        await deployment.RestartAsync();
        await load.StopAsync();

        Assert.NotEmpty(load.Failures);
    }

    [Fact]
    public async Task Killing_a_replica_fails_only_its_calls_in_progress()
    {
        await using var deployment = await Deployment.StartAsync(Drain, Lag);
        deployment.Balancer.TriesOthers = true;
        await using var load = new AdmissionLoad(deployment.Balancer.Port, Authority(deployment));
        await load.GoOnAsync(300);
        Assert.Empty(load.Failures);

        await deployment.KillAsync();
        var gone = TimeProvider.System.GetTimestamp();
        await load.GoOnAsync(1000);
        await load.StopAsync();

        Assert.DoesNotContain(load.Failures, call => call.Begin > gone);
    }

    [Fact]
    public async Task Rotating_the_certificate_and_its_authority_fails_no_call()
    {
        await using var deployment = await Deployment.StartAsync(Drain, Lag);
        await using var load = new AdmissionLoad(deployment.Balancer.Port, Authority(deployment));
        var folder = Directory.CreateTempSubdirectory("authority-");
        using var next = new TestCertificates(folder.FullName, "next authority");
        using var nextAuthority = X509CertificateLoader.LoadCertificateFromFile(next.AuthorityFile);

        await deployment.RotateAsync(deployment.Certificates);
        await load.GoOnAsync(500);
        load.Trust = [Authority(deployment), nextAuthority];
        await deployment.RotateAsync(next);
        await load.UntilEndedAsync();
        load.Trust = [nextAuthority];
        await load.GoOnAsync(500);
        await load.StopAsync();

        Assert.Empty(load.Failures);
        Assert.Equal(X509CertificateLoader.LoadCertificateFromFile(deployment.Serving.CertificateFile).Thumbprint, load.LastServed);
        folder.Delete(recursive: true);
    }

    private static X509Certificate2 Authority(Deployment deployment) => X509CertificateLoader.LoadCertificateFromFile(deployment.Certificates.AuthorityFile);
}
