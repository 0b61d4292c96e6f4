using AdmissionWebhook.Benchmarks.Measuring;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace AdmissionWebhook.Benchmarks;

/// <summary>Runs <see cref="DecideBenchmark"/> in this process, which needs no further build.</summary>
internal static class DecideRun
{
    public static Report Run()
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(9).WithIterationTime(TimeInterval.FromMilliseconds(250));
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(new StreamLogger(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true }))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "BenchmarkDotNet"))
            .WithOptions(ConfigOptions.DisableLogFile);
        var summary = BenchmarkRunner.Run<DecideBenchmark>(config);

        var table = new Table("One review of a ten-path Ingress", "objects", "step", "mean, µs", "standard deviation, µs", "allocated, B");
        foreach (var report in summary.Reports)
            Add(table, report);
        return new("decide", table) { Failure = summary.Reports.Length == 0 || summary.Reports.Any(report => !report.Success) ? "Not every step could be measured." : null };
    }

    private static void Add(Table table, BenchmarkReport report)
    {
        if (report.ResultStatistics is { } nanoseconds)
            table.Add(
                (int)report.BenchmarkCase.Parameters[nameof(DecideBenchmark.Objects)],
                report.BenchmarkCase.Descriptor.WorkloadMethod.Name,
                nanoseconds.Mean / 1000,
                nanoseconds.StandardDeviation / 1000,
                (int)(report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0));
    }
}
