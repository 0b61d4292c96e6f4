using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Settings;
using AdmissionWebhook.Server.Tests.Cluster;
using AdmissionWebhook.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace AdmissionWebhook.Server.Tests;

/// <summary>The real server on ports of its own, with the shipped policy and the shipped sample cluster unless a test says otherwise.</summary>
public sealed class RunningServer : IAsyncLifetime
{
    private readonly AdmissionServer _server;
    private readonly SocketsHttpHandler _handler = new() { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true }, Expect100ContinueTimeout = TimeSpan.FromSeconds(30) };

    public RunningServer()
        : this([])
    {
    }

    private RunningServer(IEnumerable<KeyValuePair<string, string>> settings, WatchTimes? watchTimes = null, LeaderTimes? leaderTimes = null, TimeProvider? time = null, bool inCluster = false)
    {
        _server = AdmissionServer.Create(SettingsOf(settings, inCluster), Log, watchTimes, leaderTimes, time);
        Client = new(_handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
    }

    public HttpClient Client { get; }

    internal CapturedLog Log { get; } = new();

    public Uri Webhook => _server.WebhookAddress;

    public Uri Operations => _server.OperationsAddress;

    public static Task<RunningServer> StartAsync(params (string Key, string Value)[] settings) => StartAsync(TimeProvider.System, settings);

    public static async Task<RunningServer> StartAsync(TimeProvider time, params (string Key, string Value)[] settings)
    {
        var server = new RunningServer(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)), time: time);
        await server.InitializeAsync();
        return server;
    }

    /// <summary>One that believes it runs in a cluster, though it reads files.</summary>
    public static async Task<RunningServer> StartInClusterAsync(params (string Key, string Value)[] settings)
    {
        var server = new RunningServer([new("Cluster:Source", "Manifests"), new("Policy:Source", "Files"), .. settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))], inCluster: true);
        await server.InitializeAsync();
        return server;
    }

    /// <summary>One that watches an API server, with the patience of a test, and is ready.</summary>
    internal static async Task<RunningServer> WatchingAsync(Uri apiServer, WatchTimes? times = null, string policySource = "Files", LeaderTimes? leaderTimes = null)
    {
        var server = await BesideAsync(apiServer, times, policySource, leaderTimes);
        await server.UntilAsync("/readyz?verbose", "readyz check passed");
        return server;
    }

    /// <summary>One that watches an API server and may never be ready.</summary>
    internal static async Task<RunningServer> BesideAsync(
        Uri apiServer, WatchTimes? times = null, string policySource = "Files", LeaderTimes? leaderTimes = null, TimeProvider? time = null, params (string Key, string Value)[] settings)
    {
        using var folder = new TemporaryFolder();
        var kubeconfig = folder.Write("kubeconfig", $"current-context: a\ncontexts: [{{name: a, context: {{cluster: a}}}}]\nclusters: [{{name: a, cluster: {{server: '{apiServer}', insecure-skip-tls-verify: {(apiServer.Scheme == "https" ? "true" : "false")}}}}}]\n");
        var server = new RunningServer(
            [new("Cluster:Source", "Kubeconfig"), new("Cluster:Kubeconfig", kubeconfig), new("Policy:Source", policySource), .. settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))],
            times ?? WatchedKind.Impatient,
            leaderTimes,
            time);
        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public Task StopAsync() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>A connection to the webhook for a test that speaks for itself.</summary>
    /// <param name="protocols">What the client says it speaks; nothing where there is none.</param>
    public async Task<SslStream> ConnectAsync(params IEnumerable<SslApplicationProtocol> protocols)
    {
        var tls = new SslStream(new TcpClient(Webhook.Host, Webhook.Port) { NoDelay = true }.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [.. protocols],
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            });
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    public Task<HttpResponseMessage> PostAsync(string path, HttpContent body) => Client.PostAsync(new Uri(Webhook, path), body);

    public Task<HttpResponseMessage> PostAsync(string path, string body) => PostAsync(path, new StringContent(body));

    /// <summary>The answer to a review, without what wraps it.</summary>
    public async Task<JsonObject> ReviewAsync(string path, string review)
    {
        using var answer = await PostAsync(path, review);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!["response"]!.AsObject();
    }

    public async Task<(HttpStatusCode Status, string Text)> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Operations, path)) { Version = HttpVersion.Version11 };
        using var answer = await Client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>One more path of the webhook, before the server starts.</summary>
    internal void AnswerPost(string path, RequestDelegate answer) => _server.AnswerPost(path, answer);

    /// <summary>Until a page for operators says something, or for fifteen seconds.</summary>
    public async Task UntilAsync(string path, string text)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var begin = TimeProvider.System.GetTimestamp(); !(await GetAsync(path)).Text.Contains(text, StringComparison.Ordinal); await tick.WaitForNextTickAsync())
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(15), $"{path} never said {text}: {(await GetAsync(path)).Text}");
    }

    /// <summary>Until the metrics give a kind this value.</summary>
    public Task UntilMetricAsync(string name, string kind, int value) => UntilAsync("/metrics", $"admission_webhook_cluster_{name}{{kind=\"{kind}\"}} {value}\n");

    internal static ServerSettings SettingsOf(IEnumerable<KeyValuePair<string, string>> settings, bool inCluster)
    {
        var all = new Dictionary<string, string?>
        {
            ["Webhook:Port"] = "0",
            ["Operations:Port"] = "0",
            ["Audit:Stdout"] = "false",
            ["Policy:Files"] = Repository.PathOf("config", "policies", "organisation.yaml"),
            ["Cluster:Manifests"] = Repository.PathOf("config", "samples", "cluster"),
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        return ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(all).Build(), inCluster);
    }
}
