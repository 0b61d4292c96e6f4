using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>
/// A real etcd and kube-apiserver from the folder that KUBEBUILDER_ASSETS names (envtest's convention), with the webhook beside them and registered
/// from config/webhook. The webhook has a token of the service account of config/rbac, and may do what that lets it do.
/// </summary>
public partial class ControlPlane : IAsyncLifetime
{
    public const string Absent = "KUBEBUILDER_ASSETS does not name a folder with etcd and kube-apiserver.";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>As which the API server knows the webhook.</summary>
    public const string ServiceAccount = "system:serviceaccount:admission-webhook:admission-webhook";

    private readonly List<ChildProcess> _processes = [];
    private Task? _kinds;
    private IReadOnlyList<string> _webhookArguments = [];

    public static bool IsPresent => Assets is not null && File.Exists(Path.Combine(Assets, "etcd")) && File.Exists(Path.Combine(Assets, "kube-apiserver"));

    /// <summary>Where its files are, for as long as it runs.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("control-plane-").FullName;

    public string KubeConfig => Path.Combine(Folder, "kubeconfig");

    public ChildProcess ApiServer { get; private set; } = null!;

    public ChildProcess Webhook { get; private set; } = null!;

    public Uri Operations { get; private set; } = null!;

    public Uri Validate { get; private set; } = null!;

    private string TokenFile => Path.Combine(Folder, "token");

    private static string? Assets => Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS");

    public virtual async ValueTask InitializeAsync()
    {
        if (!IsPresent)
            return;

        // Test runners block pool threads for as long as they run. With two processors none would be left to measure with.
        ThreadPool.SetMinThreads(16, 16);

        using var certificates = new TestCertificates(Folder);
        var (etcdPort, apiPort) = (FreePort.Next(), FreePort.Next());
        _processes.Add(ChildProcess.Start(
            Path.Combine(Assets!, "etcd"),
            $"--data-dir={Folder}/etcd", $"--listen-client-urls=http://127.0.0.1:{etcdPort}", $"--advertise-client-urls=http://127.0.0.1:{etcdPort}", "--listen-peer-urls=http://127.0.0.1:0", "--log-level=error"));

        var serving = certificates.Issue("apiserver", "CN=kube-apiserver");
        var admin = certificates.Issue("admin", "O=system:masters, CN=admin");
        _processes.Add(ApiServer = ChildProcess.Start(
            Path.Combine(Assets!, "kube-apiserver"),
            [
                $"--etcd-servers=http://127.0.0.1:{etcdPort}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", $"--secure-port={apiPort}", "--endpoint-reconciler-type=none",
                $"--tls-cert-file={serving.CertificateFile}", $"--tls-private-key-file={serving.KeyFile}", $"--client-ca-file={certificates.AuthorityFile}",
                "--service-account-issuer=https://kubernetes.default.svc", $"--service-account-key-file={certificates.ServiceAccountPublicKeyFile}", $"--service-account-signing-key-file={certificates.ServiceAccountKeyFile}",
                "--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount", "--service-cluster-ip-range=10.0.0.0/16",
                .. await PrepareApiServerAsync(Folder),
            ]));
        await File.WriteAllTextAsync(KubeConfig, $$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{name: test, cluster: {server: "https://127.0.0.1:{{apiPort}}", certificate-authority: {{certificates.AuthorityFile}} } }]
            users: [{name: admin, user: {client-certificate: {{admin.CertificateFile}}, client-key: {{admin.KeyFile}} } }, {name: webhook, user: {tokenFile: {{TokenFile}} } }]
            contexts: [{name: test, context: {cluster: test, user: admin} }, {name: webhook, context: {cluster: test, user: webhook} }]
            """);
        await UntilAsync("the API server is ready", async () => (await TryKubectlAsync("", "get", "--raw=/readyz")).ExitCode == 0);
        await InstallAsync(certificates);
    }

    /// <summary>Further arguments of the API server.</summary>
    /// <param name="folder">Where it can keep files.</param>
    protected virtual Task<string[]> PrepareApiServerAsync(string folder) => Task.FromResult(Array.Empty<string>());

    /// <summary>Starts the webhook beside the API server and registers it.</summary>
    protected virtual async Task InstallAsync(TestCertificates certificates)
    {
        var (webhookPort, operationsPort) = (FreePort.Next(), FreePort.Next());
        var webhook = certificates.Issue("webhook", "CN=webhook");
        (Operations, Validate) = (new($"http://127.0.0.1:{operationsPort}"), new($"https://127.0.0.1:{webhookPort}/validate"));
        await KubectlAsync("", "create", "namespace", "admission-webhook");
        await KubectlAsync("", "apply", "-k", Repository.PathOf("config", "rbac"));
        await File.WriteAllTextAsync(TokenFile, await KubectlAsync("", "create", "token", "admission-webhook", "--namespace=admission-webhook", "--duration=24h"));
        _webhookArguments =
        [
            ServerAssembly, "--Cluster:Source=Kubeconfig", $"--Cluster:Kubeconfig={KubeConfig}", "--Cluster:Context=webhook", $"--Webhook:Port={webhookPort}", "--Webhook:Address=127.0.0.1",
            $"--Operations:Port={operationsPort}", "--Audit:Stdout=false", "--Certificate:Source=Files", $"--Certificate:CertificateFile={webhook.CertificateFile}",
            $"--Certificate:KeyFile={webhook.KeyFile}", .. await PreparePoliciesAsync(),
        ];
        await StartWebhookAsync();

        await KubectlAsync(await RegistrationAsync(certificates.AuthorityPem, webhookPort), "apply", "-f", "-");
        await KubectlAsync("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}", "apply", "-f", "-");
        await UntilRegisteredAsync();
    }

    /// <summary>Until API servers ask the webhook, which has the organisation policy.</summary>
    protected Task UntilRegisteredAsync() => UntilAsync("the registration is in effect", async () => (await TryKubectlAsync("{apiVersion: v1, kind: Service, metadata: {name: probe}, spec: {type: NodePort, ports: [{port: 80}]}}", "create", "--dry-run=server", "-f", "-")).Output.Contains("service-no-node-port", StringComparison.Ordinal));

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            await process.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the webhook, or another one in its place that knows nothing of what it knew.</summary>
    public async Task StartWebhookAsync()
    {
        if (Webhook is not null)
        {
            _processes.Remove(Webhook);
            await Webhook.DisposeAsync();
        }

        _processes.Add(Webhook = ChildProcess.Start("dotnet", _webhookArguments));
        using var http = new HttpClient();
        await UntilAsync("the webhook is ready", async () => await IsReadyAsync(http));
    }

    /// <summary>Starts one more replica, which nobody calls yet.</summary>
    /// <returns>Its port.</returns>
    protected async Task<int> StartReplicaAsync()
    {
        var (webhookPort, operationsPort) = (FreePort.Next(), FreePort.Next());
        _processes.Add(ChildProcess.Start("dotnet", [.. _webhookArguments, $"--Webhook:Port={webhookPort}", $"--Operations:Port={operationsPort}"]));
        using var http = new HttpClient();
        await UntilAsync("one more replica is ready", () => IsReadyAsync(http, new($"http://127.0.0.1:{operationsPort}")));
        return webhookPort;
    }

    /// <summary>Runs kubectl and expects it to succeed.</summary>
    public async Task<string> KubectlAsync(string input, params string[] arguments)
    {
        var (exitCode, output) = await TryKubectlAsync(input, arguments);
        Assert.True(exitCode == 0, output);
        return output;
    }

    /// <summary>Runs kubectl. It takes what begins with a brace for JSON, so a document mark goes before YAML in flow style.</summary>
    public Task<(int ExitCode, string Output)> TryKubectlAsync(string input, params string[] arguments) =>
        ChildProcess.RunAsync(Assets is not null && File.Exists(Path.Combine(Assets, "kubectl")) ? Path.Combine(Assets, "kubectl") : "kubectl", [$"--kubeconfig={KubeConfig}", .. arguments], input.StartsWith('{') ? "---\n" + input : input);

    /// <summary>Runs helm and expects it to succeed.</summary>
    public async Task HelmAsync(params string[] arguments)
    {
        var (exitCode, output) = await ChildProcess.RunAsync("helm", [.. arguments, $"--kubeconfig={KubeConfig}"]);
        Assert.True(exitCode == 0, output);
    }

    /// <summary>Makes policies and exemptions kinds of the cluster, from config/crd; once is enough.</summary>
    public Task InstallKindsAsync() => _kinds ??= ApplyKindsAsync();

    /// <summary>A namespace of its own for a test.</summary>
    public async Task<string> CreateNamespaceAsync()
    {
        var name = $"test-{Guid.NewGuid():N}"[..20];
        await KubectlAsync("", "create", "namespace", name);
        return name;
    }

    /// <summary>Makes the organisation policy known to the webhook before it starts, and tells which settings that takes.</summary>
    protected virtual Task<string[]> PreparePoliciesAsync() => Task.FromResult(new[] { "--Policy:Source=Files", $"--Policy:Files:0={OrganisationPolicy}" });

    /// <summary>The same, as an object of the cluster.</summary>
    protected async Task<string[]> InstallPolicyAsync()
    {
        await InstallKindsAsync();
        await KubectlAsync("", "apply", "-f", OrganisationPolicy);
        return ["--Policy:Source=Cluster"];
    }

    protected static string OrganisationPolicy => Repository.PathOf("config", "policies", "organisation.yaml");

    private async Task ApplyKindsAsync()
    {
        await KubectlAsync("", "apply", "-k", Repository.PathOf("config", "crd"));

        // kubectl gives up at once on a kind that has no status yet.
        await UntilAsync("the kinds are established", async () => (await TryKubectlAsync("", "wait", "--for=condition=Established", "crd", "--all", "--timeout=10s")).ExitCode == 0);
        await UntilAsync("the new kinds are served", async () => (await TryKubectlAsync("", "get", "trafficpolicies,trafficpolicyexemptions")).ExitCode == 0);
    }

    public static string ServerAssembly =>
        AppContext.BaseDirectory.Replace("AdmissionWebhook.EndToEnd.Tests", "AdmissionWebhook.Server", StringComparison.Ordinal) + "AdmissionWebhook.Server.dll";

    private async Task<string> RegistrationAsync(string authority, int port)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, "registration")).FullName;
        var webhook = Path.GetRelativePath(folder, Repository.PathOf("config", "webhook"));
        await File.WriteAllTextAsync(Path.Combine(folder, "kustomization.yaml"), $"{{resources: [{webhook}], components: [{webhook}/deletions, {webhook}/status]}}");
        var bundle = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(authority));
        return InstalledService().Replace(await KubectlAsync("", "kustomize", folder), $"$1url: https://127.0.0.1:{port}$2\n$1caBundle: {bundle}\n");
    }

    public static async Task<bool> IsReadyAsync(HttpClient http, Uri operations)
    {
        try
        {
            return (await http.GetAsync(new Uri(operations, "readyz"))).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private Task<bool> IsReadyAsync(HttpClient http) => IsReadyAsync(http, Operations);

    /// <summary>Waits for what the API server does by and by.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? period = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var tick = new PeriodicTimer(period ?? TimeSpan.FromMilliseconds(100));
        while (!await condition())
        {
            if (patience.IsCancellationRequested || _processes.Exists(process => process.HasExited))
                throw new TimeoutException($"Waited in vain until {what}.\n{string.Join("\n\n", _processes.Select(process => process.Output))}");
            await tick.WaitForNextTickAsync();
        }
    }

    [GeneratedRegex(@"^( +)service:\n +name: admission-webhook\n +namespace: admission-webhook\n +path: (\S+)\n +port: 443\n", RegexOptions.Multiline)]
    private static partial Regex InstalledService();
}
