using AdmissionWebhook.Benchmarks.Measuring;
using AdmissionWebhook.Benchmarks.Samples;

namespace AdmissionWebhook.Benchmarks;

/// <summary>A great many reviews of one server, after which it must be as large as before.</summary>
internal static class SoakBenchmark
{
    private const int Stages = 10;

    /// <summary>Heaps breathe; what leaks does not stop here.</summary>
    private const double LargestGrowth = 1.1;

    public static async Task<Report> RunAsync(int requests)
    {
        await using var server = await PopulatedServer.StartAsync(SampleCluster.Large);
        var table = new Table($"Soak, {SampleCluster.Large:N0} objects", "requests", "requests/s", "p99, ms", "resident, MiB");
        var resident = new List<double>();
        for (var stage = 1; stage <= Stages; stage++)
        {
            var round = await server.Generators[0].DriveAsync("/validate", requests / Stages);
            resident.Add(server.Process.ReadResident());
            table.Add(requests / Stages * stage, round.Rate, round.Latencies.Percentile(0.99), resident[^1]);
            Console.Error.WriteLine($"{requests / Stages * stage:N0} requests, {resident[^1]:0.0} MiB…");
        }

        var growth = resident.Skip(Stages / 2).Max() / resident.Take(Stages / 2).Max();
        return new("soak", table) { Failure = growth > LargestGrowth ? $"In its second half the server took {growth:0.00} times the memory of the first." : null };
    }
}
