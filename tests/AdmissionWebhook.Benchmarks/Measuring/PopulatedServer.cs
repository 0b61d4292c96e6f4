using System.Net;
using AdmissionWebhook.Benchmarks.Samples;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>A server, the sample cluster that it watches, and connections to it.</summary>
internal sealed class PopulatedServer : IAsyncDisposable
{
    private readonly FakeApiServer _cluster;

    private PopulatedServer(int objects, FakeApiServer cluster, ServerProcess process)
    {
        (Objects, _cluster, Process) = (objects, cluster, process);
        var reviews = SampleReview.Many(64);
        Generators = [new(process.Webhook, HttpVersion.Version20, reviews), new(process.Webhook, HttpVersion.Version11, reviews)];
    }

    public int Objects { get; }

    public ServerProcess Process { get; }

    /// <summary>By HTTP/2, and by HTTP/1.1, as API servers call a Service.</summary>
    public ImmutableArray<LoadGenerator> Generators { get; }

    public static async Task<PopulatedServer> StartAsync(int objects)
    {
        var cluster = await SampleCluster.StartAsync(objects);
        return new(objects, cluster, await ServerProcess.StartMeasuredAsync(cluster.Address));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var generator in Generators)
            generator.Dispose();
        await Process.DisposeAsync();
        await _cluster.DisposeAsync();
    }
}
