using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.EndToEnd.Tests.Installation;
using AdmissionWebhook.EndToEnd.Tests.RollOut;
using AdmissionWebhook.TestSupport;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.EndToEnd.Tests.Image;

/// <summary>
/// A container of the image with the settings, the memory and the few privileges that config/server gives it. It has the sample cluster and the
/// shipped policy that are in the image, and nothing of this machine but a certificate. It has the host's network, so that
/// engines without a bridge can serve it too.
/// </summary>
public sealed class ServerContainer : IAsyncDisposable
{
    public const int DrainSeconds = 10;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("container-");
    private readonly IContainer _container;
    private readonly HttpClient _http;
    private readonly Uri _operations;

    private ServerContainer(BuiltImage image)
    {
        Port = FreePort.Next();
        _operations = new($"http://127.0.0.1:{FreePort.Next()}");

        // The user of the container reads it too, who may not read a temporary folder.
        var mounted = _folder.CreateSubdirectory("certificate").FullName;
        using var certificates = new TestCertificates(mounted, $"authority of {Port}");
        var (certificate, key) = certificates.Issue("webhook", "CN=webhook");
        Authority = X509CertificateLoader.LoadCertificateFromFile(certificates.AuthorityFile);
        _http = new(new SocketsHttpHandler
        {
            SslOptions =
            {
                CertificateChainPolicy = new()
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { Authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        });

        _container = Confined(image)
            .WithBindMount(mounted, "/certificate", AccessMode.ReadOnly)
            .WithEnvironment(Server.Env.ToDictionary(variable => variable.Name, variable => variable.Value))
            .WithEnvironment(new Dictionary<string, string>
            {
                ["ADMISSIONWEBHOOK__Webhook__Port"] = $"{Port}",
                ["ADMISSIONWEBHOOK__Webhook__DrainSeconds"] = $"{DrainSeconds}",
                ["ADMISSIONWEBHOOK__Operations__Port"] = $"{_operations.Port}",
                ["ADMISSIONWEBHOOK__Cluster__Source"] = "Manifests",
                ["ADMISSIONWEBHOOK__Certificate__Source"] = "Files",
                ["ADMISSIONWEBHOOK__Certificate__CertificateFile"] = $"/certificate/{Path.GetFileName(certificate)}",
                ["ADMISSIONWEBHOOK__Certificate__KeyFile"] = $"/certificate/{Path.GetFileName(key)}",
            })
            .Build();
    }

    /// <summary>The pod of config/server.</summary>
    public static V1PodSpec Pod { get; } = Rendered.Read(File.ReadAllText(Repository.PathOf("config", "server", "deployment.yaml")))
        .Select(rendered => KubernetesJson.Deserialize<V1Deployment>(rendered.ToJsonString())).Single().Spec.Template.Spec;

    public int Port { get; }

    public Uri Readyz => new(_operations, "readyz");

    public string Id => _container.Id;

    /// <summary>Who signed its certificate.</summary>
    public X509Certificate2 Authority { get; }

    private static V1Container Server => Pod.Containers.Single();

    /// <summary>A container of the image as the pod of config/server confines it, which starts whatever it is told.</summary>
    public static ContainerBuilder Confined(BuiltImage image) =>
        new ContainerBuilder(image.Name).WithImagePullPolicy(PullPolicy.Never).WithCreateParameterModifier(Confine);

    /// <summary>Starts one and waits until it is ready.</summary>
    public static async Task<ServerContainer> StartAsync(BuiltImage image)
    {
        var server = new ServerContainer(image);
        try
        {
            await server._container.StartAsync();
            await server.UntilAsync(HttpStatusCode.OK);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Until it answers the question whether it is ready like this, for a minute at most.</summary>
    public async Task UntilAsync(HttpStatusCode readiness)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var begin = TimeProvider.System.GetTimestamp(); await ReadinessAsync() != readiness; await tick.WaitForNextTickAsync())
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromMinutes(1), await LogsAsync());
    }

    /// <summary>Sends a review of config/samples, and so many characters that nobody reads, to a server that its authority vouches for.</summary>
    public Task<HttpResponseMessage> ReviewAsync(string sample, int padding = 0) =>
        Replica.ReviewAsync(_http, Port, HttpVersion.Version11, sample, padding);

    /// <summary>Runs a program in it.</summary>
    public Task<ExecResult> ExecAsync(params string[] command) => _container.ExecAsync(command);

    /// <summary>Stops it as a kubelet does: a SIGTERM, and a SIGKILL when the grace period is over, which Testcontainers does not let choose.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<long> StopAsync()
    {
        await Docker.RunAsync("stop", $"--time={Pod.TerminationGracePeriodSeconds}", Id);
        return await _container.GetExitCodeAsync();
    }

    /// <summary>Its resident memory, in MiB.</summary>
    public async Task<int> ResidentAsync() => int.Parse(await ProcessAsync("rss"), CultureInfo.InvariantCulture) / 1024;

    /// <summary>One column of ps about its only process.</summary>
    public async Task<string> ProcessAsync(string column)
    {
        var lines = (await Docker.RunAsync("top", Id, "-o", $"pid,{column}")).Split('\n');
        return lines.Skip(1).Single().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
    }

    /// <summary>What it has written so far.</summary>
    public async Task<string> LogsAsync()
    {
        var (output, errors) = await _container.GetLogsAsync();
        return output + errors;
    }

    public async ValueTask DisposeAsync()
    {
        await _container.DisposeAsync();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private static void Confine(CreateContainerParameters parameters)
    {
        var (host, security) = (parameters.HostConfig!, Server.SecurityContext);
        host.NetworkMode = "host";
        host.ReadonlyRootfs = security.ReadOnlyRootFilesystem is true;
        host.CapDrop = security.Capabilities.Drop;
        host.SecurityOpt = security.AllowPrivilegeEscalation is false ? ["no-new-privileges"] : [];
        host.Memory = host.MemorySwap = Server.Resources.Limits["memory"].ToInt64();
    }

    private async Task<HttpStatusCode?> ReadinessAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(Readyz);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
