using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests;

/// <summary>A fake API server with some objects, and a kubeconfig that leads to it.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private readonly Cli _cli = new();

    private LiveServer(FakeApiServer api)
    {
        Api = api;
        Kubeconfig = WriteKubeconfig("config", $"here: {api.Address}", "nowhere: http://127.0.0.1:1");
    }

    public FakeApiServer Api { get; }

    /// <summary>Its current context is this server, in namespace shop; context nowhere leads to a port where nobody listens.</summary>
    public string Kubeconfig { get; }

    public static async Task<LiveServer> StartAsync(params string[] objects)
    {
        var server = new LiveServer(await FakeApiServer.StartAsync());
        server.Api.Put(Manifests.Bundle([.. Directory.EnumerateFiles(Cli.SampleCluster).Select(File.ReadAllText), .. objects]));
        return server;
    }

    /// <summary>Writes a kubeconfig with one context for each <c>name: address</c>; the first is the current one.</summary>
    public string WriteKubeconfig(string file, params string[] contexts)
    {
        var names = contexts.Select(context => context.Split(": ")).ToList();
        return _cli.Write(file, $"""
            current-context: {names[0][0]}
            contexts: [{string.Join(", ", names.Select(name => $"{{name: {name[0]}, context: {{cluster: {name[0]}, namespace: shop}}}}"))}]
            clusters: [{string.Join(", ", names.Select(name => $"{{name: {name[0]}, cluster: {{server: \"{name[1]}\"}}}}"))}]
            """);
    }

    public string Write(string name, string text) => _cli.Write(name, text);

    public Run Check(string manifest, params string[] options) => Cli.Check(manifest, ["--kubeconfig", Kubeconfig, .. options]);

    public Run Audit(params string[] options) => Cli.Run(["audit", "--kubeconfig", Kubeconfig, .. options]);

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        _cli.Dispose();
    }
}
