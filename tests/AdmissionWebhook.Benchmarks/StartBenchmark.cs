using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Benchmarks;

/// <summary>From the start of the server's process to ready, with every object of a large cluster listed, and what memory that takes.</summary>
internal static class StartBenchmark
{
    private const int Runs = 5;

    public static async Task<int> RunAsync(int ingresses, int services)
    {
        await using var cluster = await FakeApiServer.StartAsync();
        Console.WriteLine($"Filling a cluster with {ingresses} Ingresses and {services} Services…");
        cluster.Put(SampleCluster.IngressClass);
        for (var i = 0; i < services; i++)
            cluster.Put(SampleCluster.Service(i));
        for (var i = 0; i < ingresses; i++)
            cluster.Put(SampleCluster.Ingress(i));

        Console.WriteLine("list         start to ready  resident");
        foreach (var streams in new[] { false, true })
        {
            cluster.Faults.StreamsLists = streams;
            for (var run = 0; run < Runs; run++)
            {
                var (elapsed, resident) = await MeasureAsync(cluster.Address);
                Console.WriteLine($"{(streams ? "streaming" : "paged"),-11}  {elapsed.TotalSeconds,12:0.00} s  {resident / 1024.0 / 1024.0,4:0} MiB");
            }
        }

        return 0;
    }

    private static async Task<(TimeSpan Elapsed, long Resident)> MeasureAsync(Uri cluster)
    {
        var kubeconfig = Path.GetTempFileName();
        await File.WriteAllTextAsync(kubeconfig, $"current-context: a\ncontexts: [{{name: a, context: {{cluster: a}}}}]\nclusters: [{{name: a, cluster: {{server: '{cluster}'}}}}]\n");
        var assembly = AppContext.BaseDirectory.Replace("AdmissionWebhook.Benchmarks", "AdmissionWebhook.Server", StringComparison.Ordinal) + "AdmissionWebhook.Server.dll";
        using var http = new HttpClient();
        var (webhook, operations) = (FreePort(), FreePort());
        var begin = Stopwatch.GetTimestamp();
        using var server = Process.Start(new ProcessStartInfo("dotnet", [assembly, "--Cluster:Source=Kubeconfig", $"--Cluster:Kubeconfig={kubeconfig}", $"--Webhook:Port={webhook}", $"--Operations:Port={operations}", "--Certificate:Source=Ephemeral"]) { RedirectStandardError = true })!;
        server.BeginErrorReadLine();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await IsReadyAsync(http, operations) && !server.HasExited)
            await tick.WaitForNextTickAsync();
        var elapsed = Stopwatch.GetElapsedTime(begin);
        server.Refresh();
        var resident = server.WorkingSet64;
        server.Kill();
        await server.WaitForExitAsync();
        File.Delete(kubeconfig);
        return (elapsed, resident);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, int port)
    {
        try
        {
            return (await http.GetAsync(new Uri($"http://127.0.0.1:{port}/readyz"))).IsSuccessStatusCode;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or SocketException)
        {
            return false;
        }
    }
}
