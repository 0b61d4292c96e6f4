using AdmissionWebhook.Benchmarks.Measuring;
using AdmissionWebhook.Benchmarks.Samples;

namespace AdmissionWebhook.Benchmarks;

/// <summary>The command line, in its own process, on the manifests of a large organisation.</summary>
internal static class FilesBenchmark
{
    private const int OfEach = 10_000;
    private const int Runs = 3;

    public static async Task<Report> RunAsync()
    {
        var table = new Table($"Files, {OfEach:N0} Ingresses and {OfEach:N0} Services, median of {Runs} runs", "command", "elapsed, s", "slowest, s", "peak memory, MiB");
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            SampleManifests.Write(folder.FullName, OfEach);
            await AddAsync(table, "check", folder.FullName);
            await AddAsync(table, "audit", "--cluster", folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return new("files", table, AuditBenchmark.Run());
    }

    private static async Task AddAsync(Table table, string command, params string[] arguments)
    {
        Console.Error.WriteLine($"admission-webhook {command}…");
        var runs = new List<FinishedProcess>();
        for (var run = 0; run < Runs; run++)
            runs.Add(await FinishedProcess.RunAsync(ServerProcess.Beside("admission-webhook.dll"), [command, .. arguments]));
        table.Add(command, runs.Select(run => run.Elapsed.TotalSeconds).Median(), runs.Max(run => run.Elapsed.TotalSeconds), runs.Select(run => run.Peak).Median());
    }
}
