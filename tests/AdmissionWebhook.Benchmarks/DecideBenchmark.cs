using System.Diagnostics;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Benchmarks;

/// <summary>Reading and judging a ten-path Ingress with the shipped policy, in a small and in a large cluster.</summary>
internal static class DecideBenchmark
{
    private const int Rounds = 20_000;

    public static int Run()
    {
        var json = Manifest.ReadAll("ingress.yaml", SampleCluster.Ingress(1, paths: 10), [])[0].Json;
        Console.WriteLine("objects   read      decide    allocated (read + decide)");
        foreach (var size in new[] { 10, 1_000, 12_500 })
        {
            var cluster = ClusterState.Empty.With(Objects.Object(SampleCluster.IngressClass)).With(
                Enumerable.Range(0, size).SelectMany(i => new[] { Objects.Object(SampleCluster.Service(i)), Objects.Object(SampleCluster.Ingress(i)) }));
            for (var warmUp = 0; warmUp < 3; warmUp++)
                Measure(json, cluster);
            var (read, decide, allocated) = Measure(json, cluster);
            Console.WriteLine($"{cluster.Count,7}  {read,5:0.0} µs  {decide,6:0.0} µs  {allocated,8:0} B");
        }

        return 0;
    }

    private static (double Read, double Decide, double Allocated) Measure(byte[] json, ClusterState cluster)
    {
        var (read, decide, before) = (0L, 0L, GC.GetAllocatedBytesForCurrentThread());
        for (var round = 0; round < Rounds; round++)
        {
            var begin = Stopwatch.GetTimestamp();
            var subject = new Subject { Operation = Operation.Create, Object = ResourceKind.Ingress.Read(json) };
            var half = Stopwatch.GetTimestamp();
            if (!PolicyEngine.Decide(subject, PolicySet.Default, cluster).IsAllowed)
                throw new InvalidOperationException("The sample is meant to be allowed.");
            read += half - begin;
            decide += Stopwatch.GetTimestamp() - half;
        }

        return (Micros(read), Micros(decide), (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Rounds);
    }

    private static double Micros(long ticks) => ticks * 1e6 / Stopwatch.Frequency / Rounds;
}
