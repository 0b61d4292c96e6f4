using System.Security.Cryptography.X509Certificates;
using System.Text;
using AdmissionWebhook.EndToEnd.Tests.Installation;
using AdmissionWebhook.TestSupport;
using Testcontainers.K3s;

namespace AdmissionWebhook.EndToEnd.Tests.Image;

/// <summary>A K3s cluster in a privileged container, with the sample objects and with the chart of the image that the Dockerfile builds.</summary>
public sealed class K3sCluster : ControlPlane
{
    /// <summary>Where the chart is installed.</summary>
    public const string Namespace = "admission-webhook";

    private const string K3s = "rancher/k3s:v1.34.1-k3s1";
    private const int NodePort = 30443;

    private readonly BuiltImage _image = new();
    private K3sContainer? _node;

    /// <summary>Why it does not run.</summary>
    public string Obstacle { get; private set; } = "";

    public bool Runs => Obstacle.Length == 0;

    /// <summary>Where this machine reaches the webhook's replicas, through a Service.</summary>
    public int Port => _node!.GetMappedPublicPort(NodePort);

    public override async ValueTask InitializeAsync()
    {
        Obstacle = await FindObstacleAsync();
        if (!Runs)
            return;

        // Test runners block pool threads for as long as they run. With two processors none would be left for the load.
        ThreadPool.SetMinThreads(16, 16);
        _node = new K3sBuilder(K3s).WithPortBinding(NodePort, assignRandomHostPort: true).Build();
        await _node.StartAsync();
        await File.WriteAllTextAsync(KubeConfig, await _node.GetKubeconfigAsync());
        await LoadImageAsync(_node);
        await InstallChartAsync();
    }

    /// <summary>Who vouches for the certificate of the replicas, as the API server is told.</summary>
    public async Task<X509Certificate2Collection> AuthorityAsync()
    {
        const string Bundle = "-o=jsonpath={.webhooks[0].clientConfig.caBundle}";
        var bundle = await KubectlAsync("", "get", "validatingwebhookconfiguration", "admission-webhook", Bundle);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(bundle)));
        return authorities;
    }

    /// <summary>The pods of the webhook, those that are on their way out too.</summary>
    public async Task<IReadOnlyList<string>> PodsAsync()
    {
        var names = await KubectlAsync("", "get", "pods", "-n", Namespace, "-l=app.kubernetes.io/name=admission-webhook", "-o=name");
        return names.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        await _image.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<string> FindObstacleAsync()
    {
        if (!Rendered.HasHelm)
            return Rendered.NoHelm;
        if (!Rendered.HasKubectl)
            return Rendered.NoKubectl;
        if (await Docker.WhyAbsentAsync(K3s) is { Length: > 0 } absent)
            return absent;

        await _image.InitializeAsync();
        return _image.Absent;
    }

    /// <summary>No registry has the image, so the node gets it as a file.</summary>
    private async Task LoadImageAsync(K3sContainer node)
    {
        var archive = Path.Combine(Folder, "image.tar");
        await Docker.RunAsync("save", $"--output={archive}", _image.Name);
        await node.CopyAsync(new FileInfo(archive), "/tmp/");
        var import = await node.ExecAsync(["ctr", "--namespace=k8s.io", "images", "import", "/tmp/image.tar"]);
        Assert.True(import.ExitCode == 0, import.Stdout + import.Stderr);
    }

    private async Task InstallChartAsync()
    {
        await KubectlAsync("", "apply", "-f", Repository.PathOf("config", "samples", "cluster"));
        var (repository, tag) = (_image.Name.Split(':')[0], _image.Name.Split(':')[1]);
        await HelmAsync(
            "install", "admission-webhook", Rendered.Chart, $"--namespace={Namespace}", "--create-namespace", "--wait", "--timeout=5m",
            $"--set=image.repository={repository}", $"--set-string=image.tag={tag}", "--set=image.pullPolicy=Never",
            "--set=policy.preset=organisation", "--set-string=settings.Certificate:Names:0=127.0.0.1");

        // The load calls from outside of the cluster, by address.
        await KubectlAsync(
            $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: outside, namespace: {{Namespace}}}
            spec:
              type: NodePort
              selector: {app.kubernetes.io/name: admission-webhook}
              ports: [{port: 443, targetPort: https, nodePort: {{NodePort}} }]
            """,
            "apply", "-f", "-");
        await UntilRegisteredAsync();
    }
}
