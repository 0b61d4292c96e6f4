using System.Net;
using AdmissionWebhook.Server.Settings;
using AdmissionWebhook.TestSupport;
using Microsoft.Extensions.Configuration;

namespace AdmissionWebhook.Server.Tests;

/// <summary>The real server on ports of its own, with the shipped policy and the shipped sample cluster unless a test says otherwise.</summary>
public sealed class RunningServer : IAsyncLifetime, IAsyncDisposable
{
    private readonly AdmissionServer _server;
    private readonly SocketsHttpHandler _handler = new() { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };

    public RunningServer()
        : this([])
    {
    }

    private RunningServer(IEnumerable<KeyValuePair<string, string>> settings)
    {
        _server = AdmissionServer.Create(SettingsOf(settings), Log);
        Client = new(_handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    public HttpClient Client { get; }

    internal CapturedLog Log { get; } = new();

    public Uri Webhook => _server.WebhookAddress;

    public Uri Operations => _server.OperationsAddress;

    public static async Task<RunningServer> StartAsync(params (string Key, string Value)[] settings)
    {
        var server = new RunningServer(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        await server.InitializeAsync();
        return server;
    }

    public Task InitializeAsync() => _server.StartAsync();

    public Task StopAsync() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

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

    private static ServerSettings SettingsOf(IEnumerable<KeyValuePair<string, string>> settings)
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
        return ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(all).Build(), inCluster: false);
    }
}
