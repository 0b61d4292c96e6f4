using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests.RollOut;

/// <summary>Three replicas behind a balancer, replaced one by one as a Deployment does that surges.</summary>
public sealed class Deployment : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("roll-out-").FullName;
    private readonly List<(Replica Replica, Task Left)> _replicas = [];
    private readonly List<string> _auditFiles = [];
    private readonly int _drainSeconds;

    private Deployment(int drainSeconds, TimeSpan lag)
    {
        _drainSeconds = drainSeconds;
        Balancer = new(lag);
        Certificates = new(_folder);
        Serving = Certificates.Issue("webhook", "CN=webhook");
    }

    public Balancer Balancer { get; }

    /// <summary>Who signed the certificate that all replicas serve.</summary>
    public TestCertificates Certificates { get; }

    /// <summary>The files that all replicas serve from and watch.</summary>
    public (string CertificateFile, string KeyFile) Serving { get; }

    /// <summary>Decision records of all replicas that ever ran.</summary>
    public int Records => _auditFiles.Sum(file => File.ReadLines(file).Count());

    public static async Task<Deployment> StartAsync(int drainSeconds, TimeSpan lag)
    {
        // Test runners block pool threads for as long as they run. With two processors none would be left for the load.
        ThreadPool.SetMinThreads(16, 16);
        var deployment = new Deployment(drainSeconds, lag);
        for (var i = 0; i < 3; i++)
            await deployment.AddAsync();
        return deployment;
    }

    /// <summary>Replaces every replica by a new one. The next one comes while the one before is still on its way out.</summary>
    public async Task RestartAsync()
    {
        var leaving = new List<Task>();
        for (var i = 0; i < 3; i++)
        {
            await AddAsync();
            leaving.Add(RemoveAsync());
        }

        await Task.WhenAll(leaving);
    }

    /// <summary>Kills the oldest replica.</summary>
    public async Task KillAsync()
    {
        var (replica, left) = _replicas[0];
        _replicas.RemoveAt(0);
        replica.Signal("-KILL");
        await replica.WaitForExitAsync();
        await left;
        await replica.DisposeAsync();
    }

    /// <summary>Replaces the files that replicas serve from, and waits until each of them serves the new certificate.</summary>
    public async Task RotateAsync(TestCertificates authority)
    {
        var (certificateFile, keyFile) = authority.Issue("next", "CN=webhook");
        File.Move(certificateFile, Serving.CertificateFile, overwrite: true);
        File.Move(keyFile, Serving.KeyFile, overwrite: true);
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Serving.CertificateFile);
        foreach (var (replica, _) in _replicas)
        {
            using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            for (var begin = TimeProvider.System.GetTimestamp(); await ServedByAsync(replica) != certificate.Thumbprint; await tick.WaitForNextTickAsync())
                Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromMinutes(1), replica.Output);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Balancer.DisposeAsync();
        foreach (var (replica, _) in _replicas)
            await replica.DisposeAsync();
        Certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<string?> ServedByAsync(Replica replica)
    {
        string? served = null;
        using var socket = new TcpClient();
        await socket.ConnectAsync("localhost", replica.Port);
        await using var tls = new SslStream(socket.GetStream(), false, (_, certificate, _, _) => (served = (certificate as X509Certificate2)?.Thumbprint) is not null);
        await tls.AuthenticateAsClientAsync("localhost");
        return served;
    }

    private async Task AddAsync()
    {
        _auditFiles.Add(Path.Combine(_folder, $"audit-{_auditFiles.Count}.log"));
        var replica = await Replica.StartAsync(
            _auditFiles[^1],
            $"--Webhook:DrainSeconds={_drainSeconds}", "--Cluster:Source=Manifests", "--Webhook:Http2=true", "--Certificate:Source=Files", $"--Certificate:CertificateFile={Serving.CertificateFile}", $"--Certificate:KeyFile={Serving.KeyFile}");
        _replicas.Add((replica, await Balancer.AddAsync(replica.Port, replica.Readyz)));
    }

    private async Task RemoveAsync()
    {
        var (replica, left) = _replicas[0];
        _replicas.RemoveAt(0);
        replica.Signal("-TERM");
        Assert.True(await replica.WaitForExitAsync() == 0, replica.Output);
        await left;
        await replica.DisposeAsync();
    }
}
