using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using AdmissionWebhook.Benchmarks.Samples;
using AdmissionWebhook.Benchmarks.Serving;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>A server in a process of its own that watches a cluster, with the settings that ship and HTTP/2 beside them: it writes decision records, to where they cost the generator of the load nothing.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    private readonly Process _process;
    private readonly string _kubeconfig;
    private readonly HttpClient _http = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });

    private ServerProcess(IEnumerable<string> program, Uri cluster)
    {
        var (webhook, operations) = (FreePort.Next(), FreePort.Next());
        Webhook = new($"https://127.0.0.1:{webhook}");
        Operations = new($"http://127.0.0.1:{operations}");
        _kubeconfig = Path.GetTempFileName();
        File.WriteAllText(_kubeconfig, $"current-context: a\ncontexts: [{{name: a, context: {{cluster: a}}}}]\nclusters: [{{name: a, cluster: {{server: '{cluster}'}}}}]\n");

        string[] settings = ["--Cluster:Source=Kubeconfig", $"--Cluster:Kubeconfig={_kubeconfig}", $"--Webhook:Port={webhook}", $"--Operations:Port={operations}", "--Certificate:Source=Ephemeral", "--Webhook:Http2=true"];
        _process = new() { StartInfo = new("/bin/sh", ["-c", "exec \"$@\" > /dev/null", "sh", "dotnet", .. program, .. settings]) { RedirectStandardError = true, UseShellExecute = false } };
        _process.ErrorDataReceived += (_, line) => Relay(line.Data);
        AppDomain.CurrentDomain.ProcessExit += Kill;
    }

    /// <summary>Where it answers reviews.</summary>
    public Uri Webhook { get; }

    /// <summary>From the start of the process until it was ready.</summary>
    public TimeSpan StartToReady { get; private set; }

    /// <summary>Of a ready server that has answered nothing yet, in MiB.</summary>
    public double ResidentWhenReady { get; private set; }

    /// <summary>How long the very first review took with the connection it came by, in milliseconds.</summary>
    public double FirstRequest { get; private set; }

    private Uri Operations { get; }

    /// <summary>The server that ships.</summary>
    public static Task<ServerProcess> StartShippedAsync(Uri cluster) => StartAsync([Beside("AdmissionWebhook.Server.dll")], cluster);

    /// <summary>The same server with <see cref="MeasuredServer"/>'s further paths; it runs with the settings of the runtime that ship.</summary>
    public static Task<ServerProcess> StartMeasuredAsync(Uri cluster) =>
        StartAsync(["exec", "--runtimeconfig", Beside("AdmissionWebhook.Server.runtimeconfig.json"), "--depsfile", Beside("AdmissionWebhook.Benchmarks.deps.json"), Beside("AdmissionWebhook.Benchmarks.dll"), "serve"], cluster);

    /// <summary>A file of the benchmarks' own build, which holds those of the server and the command line too.</summary>
    public static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, file);

    public async Task<ServerStatistics> ReadStatisticsAsync()
    {
        using var answer = await _http.PostAsync(new Uri(Webhook, MeasuredServer.Statistics), null);
        return (await answer.Content.ReadFromJsonAsync(ServerStatisticsJson.Default.ServerStatistics))!;
    }

    /// <summary>Now, in MiB.</summary>
    public double ReadResident()
    {
        _process.Refresh();
        return _process.WorkingSet64 / 1024.0 / 1024.0;
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= Kill;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        File.Delete(_kubeconfig);
    }

    private static async Task<ServerProcess> StartAsync(IEnumerable<string> program, Uri cluster)
    {
        var server = new ServerProcess(program, cluster);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync()
    {
        var begin = Stopwatch.GetTimestamp();
        _process.Start();
        _process.BeginErrorReadLine();
        using var tick = new PeriodicTimer(BetweenLooks);
        while (!await IsReadyAsync())
        {
            if (_process.HasExited)
                throw new InvalidOperationException("The server ended before it was ready.");
            await tick.WaitForNextTickAsync();
        }

        StartToReady = Stopwatch.GetElapsedTime(begin);
        ResidentWhenReady = ReadResident();
        using var first = new LoadGenerator(Webhook, HttpVersion.Version20, SampleReview.Many(1));
        FirstRequest = await first.SendOneAsync("/validate");
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(Operations, "/readyz"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Who stops a benchmark half-way stops its servers.</summary>
    private void Kill(object? sender, EventArgs exit) => _process.Kill();

    /// <summary>What went wrong in the server makes figures doubtful; what it says otherwise is not worth a line.</summary>
    private static void Relay(string? line)
    {
        if (line is not null && !line.Contains(" INF ", StringComparison.Ordinal))
            Console.Error.WriteLine(line);
    }
}
