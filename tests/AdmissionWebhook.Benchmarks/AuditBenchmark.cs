using System.Diagnostics;
using AdmissionWebhook.Benchmarks.Measuring;
using AdmissionWebhook.Benchmarks.Samples;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Benchmarks;

/// <summary>Judging all that exists, and judging again what one change may have an effect on.</summary>
internal static class AuditBenchmark
{
    private const int Runs = 9;

    public static Table Run()
    {
        ImmutableArray<KubernetesObject> objects = [.. SampleCluster.Read(SampleCluster.Large)];
        var state = ClusterState.Empty.With(objects);
        var (service, ingress) = (objects.OfType<Service>().Last(), objects.OfType<Ingress>().Last());

        var table = new Table($"Audit in memory, {SampleCluster.Large:N0} objects", "what", "first, ms", "median, ms", "slowest, ms");
        Add(table, "every object", () => Judge(objects, state));
        Add(table, "one changed Service and the Ingresses that lead to it", () => Judge([service, .. state.RoutesTo(service.Reference)], state.With(service)));
        Add(table, "one changed Ingress and those that share its hosts", () => Judge([ingress, .. ingress.Claims.Select(claim => claim.Host).Distinct().SelectMany(state.IngressesClaiming)], state.With(ingress)));
        return table;
    }

    private static void Add(Table table, string what, Action work)
    {
        var runs = new List<double>();
        for (var run = 0; run < Runs; run++)
        {
            var begin = Stopwatch.GetTimestamp();
            work();
            runs.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        table.Add(what, runs[0], runs.Median(), runs.Max());
    }

    private static void Judge(IEnumerable<KubernetesObject> objects, ClusterState state)
    {
        foreach (var stored in objects)
        {
            var subject = new Subject { Operation = Operation.Update, Object = stored, OldObject = stored };
            if (!PolicyEngine.Decide(subject, PolicySet.Default, state).Findings.IsEmpty)
                throw new InvalidOperationException($"The shipped policy is meant to have nothing to say about {stored.Reference}.");
        }
    }
}
