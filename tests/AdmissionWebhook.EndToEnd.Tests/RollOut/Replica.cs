using System.Net;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests.RollOut;

/// <summary>One process of the server, with the sample cluster and the shipped policy, and a certificate from files.</summary>
public sealed class Replica : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private readonly HttpClient _http = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator });

    private Replica(IEnumerable<string> settings, string auditFile, int? heap)
    {
        (Port, AuditFile) = (FreePort.Next(), auditFile);
        var operations = FreePort.Next();
        Readyz = new($"http://127.0.0.1:{operations}/readyz");
        _process = ChildProcess.Start("env", [.. Hearing, .. Limiting(heap), "dotnet", Assembly, $"--Webhook:Port={Port}", $"--Operations:Port={operations}", "--Audit:Stdout=false", $"--Audit:File={auditFile}", .. settings]);
    }

    public int Port { get; }

    public Uri Readyz { get; }

    public string AuditFile { get; }

    /// <summary>What it has said about itself so far.</summary>
    public string Output => _process.Output;

    /// <summary>Starts one and waits until it is ready.</summary>
    public static Task<Replica> StartAsync(string auditFile, params IEnumerable<string> settings) => StartWithinAsync(null, auditFile, settings);

    /// <summary>Starts one whose heap may have so many bytes.</summary>
    public static async Task<Replica> StartWithinAsync(int? heap, string auditFile, params IEnumerable<string> settings)
    {
        var replica = new Replica(settings, auditFile, heap);
        await replica.UntilAsync(HttpStatusCode.OK);
        return replica;
    }

    /// <summary>Until it answers the question whether it is ready like this, for a minute at most.</summary>
    public async Task UntilAsync(HttpStatusCode readiness)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var begin = TimeProvider.System.GetTimestamp(); await ReadinessAsync() != readiness; await tick.WaitForNextTickAsync())
            Assert.True(!_process.HasExited && TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromMinutes(1), Output);
    }

    /// <summary>Sends a review of something allowed, and so many characters that nobody reads.</summary>
    public Task<HttpResponseMessage> ReviewAsync(Version version, int padding = 0) => ReviewAsync(_http, Port, version, "allowed", padding);

    /// <summary>Sends a review of config/samples to a server on this machine, and so many characters that nobody reads.</summary>
    public static async Task<HttpResponseMessage> ReviewAsync(HttpClient http, int port, Version version, string sample, int padding = 0)
    {
        var review = await File.ReadAllTextAsync(Repository.PathOf("config", "samples", "reviews", $"{sample}.json"));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://localhost:{port}/validate?timeout=10s")
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(review.Insert(1, $"\"padding\": \"{new string('x', padding)}\",")),
        };
        return await http.SendAsync(request);
    }

    public void Signal(string signal) => _process.Signal(signal);

    /// <returns>Its exit code.</returns>
    public Task<int> WaitForExitAsync() => _process.WaitForExitAsync();

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _process.DisposeAsync();
    }

    private static string Assembly =>
        AppContext.BaseDirectory.Replace("AdmissionWebhook.EndToEnd.Tests", "AdmissionWebhook.Server", StringComparison.Ordinal) + "AdmissionWebhook.Server.dll";

    /// <summary>What a shell without job control starts in the background ignores SIGINT, and so does whatever that starts, a program of .NET too.</summary>
    private static IEnumerable<string> Hearing => IgnoresInterrupts ? ["--default-signal=INT"] : [];

    private static bool IgnoresInterrupts =>
        File.ReadLines("/proc/self/status").Any(line => line.StartsWith("SigIgn:", StringComparison.Ordinal) && (Convert.ToUInt64(line[7..].Trim(), 16) & 2) != 0);

    private static IEnumerable<string> Limiting(int? heap) => heap is null ? [] : [$"DOTNET_GCHeapHardLimit={heap:x}"];

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
