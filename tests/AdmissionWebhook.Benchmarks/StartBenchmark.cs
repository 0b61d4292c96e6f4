using AdmissionWebhook.Benchmarks.Measuring;
using AdmissionWebhook.Benchmarks.Samples;

namespace AdmissionWebhook.Benchmarks;

/// <summary>From the start of the server's process to ready, with every object of a large cluster listed, what memory that takes, and how long the first review waits.</summary>
internal static class StartBenchmark
{
    private const int Runs = 5;

    public static async Task<Report> RunAsync()
    {
        await using var cluster = await SampleCluster.StartAsync(SampleCluster.Large);

        // The first one warms the disk's cache and the code of this process.
        await using (await ServerProcess.StartShippedAsync(cluster.Address))
            Console.Error.WriteLine("Starting servers…");

        var table = new Table($"Start, {SampleCluster.Large:N0} objects, median and slowest of {Runs} starts", "list", "ready, s", "slowest, s", "resident, MiB", "first request, ms", "slowest, ms");
        foreach (var streams in new[] { false, true })
        {
            cluster.Faults.StreamsLists = streams;
            var starts = new List<ServerProcess>();
            for (var run = 0; run < Runs; run++)
            {
                await using var server = await ServerProcess.StartShippedAsync(cluster.Address);
                starts.Add(server);
            }

            table.Add(
                streams ? "streaming" : "paged",
                starts.Select(server => server.StartToReady.TotalSeconds).Median(),
                starts.Max(server => server.StartToReady.TotalSeconds),
                starts.Select(server => server.ResidentWhenReady).Median(),
                starts.Select(server => server.FirstRequest).Median(),
                starts.Max(server => server.FirstRequest));
        }

        return new("start", table);
    }
}
