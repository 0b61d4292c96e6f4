using AdmissionWebhook.Benchmarks.Measuring;
using AdmissionWebhook.Benchmarks.Samples;
using AdmissionWebhook.Benchmarks.Serving;

namespace AdmissionWebhook.Benchmarks;

/// <summary>
/// Reviews over TLS, beside an endpoint of the same server that answers without looking, with clusters of several sizes. Everything that is compared is driven in
/// short rounds that take turns in a random order, and the calmer half of them counts: whatever else a machine does comes and goes.
/// </summary>
internal sealed class LoadBenchmark(int rounds, TimeSpan length)
{
    private const string Validate = "/validate";
    private const string Mutate = "/mutate";

    public async Task<Report> RunAsync()
    {
        var servers = new List<PopulatedServer>();
        try
        {
            // The first one is only there for the generator's own code to be warm before it times the first request of the others.
            await using (await PopulatedServer.StartAsync(SampleCluster.Sizes[0]))
            {
                foreach (var objects in SampleCluster.Sizes)
                    servers.Add(await PopulatedServer.StartAsync(objects));
            }

            ImmutableArray<Target> driven = [.. TargetsOf(servers, Validate, Mutate, MeasuredServer.NoOp)];
            await TakeTurnsAsync("Warming up", driven, 2, target => target.DriveAsync(length));
            driven = [.. TargetsOf(servers, Validate, Mutate, MeasuredServer.NoOp)];
            await TakeTurnsAsync("As fast as answers come", driven, rounds, target => target.DriveAsync(length));

            ImmutableArray<Target> paced = [.. TargetsOf(servers, Validate, MeasuredServer.NoOp)];
            await TakeTurnsAsync("At half of the rate of /validate", paced, rounds, target => target.FollowAsync(Find(driven, target, Validate).Median(figures => figures.Rate) / 2, length));

            return new("load", TellDriven(driven), TellPaced(paced), TellGrowth(driven), TellProcesses(servers));
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }

    private static IEnumerable<Target> TargetsOf(IEnumerable<PopulatedServer> servers, params IEnumerable<string> paths) =>
        from server in servers
        from load in server.Generators
        from path in paths
        select new Target(server, load, path);

    /// <summary>An endpoint beside this one: of the same server, or of the one with another number of objects.</summary>
    private static Target Find(ImmutableArray<Target> targets, Target beside, string path, int? objects = null) =>
        targets.Single(target => target.Objects == (objects ?? beside.Objects) && target.Protocol == beside.Protocol && target.Path == path);

    private static async Task TakeTurnsAsync(string what, ImmutableArray<Target> targets, int rounds, Func<Target, Task> drive)
    {
        // Endpoints that are compared follow each other: a machine that has other guests changes its pace within seconds.
        Target[][] order = [.. targets.GroupBy(target => (target.Objects, target.Protocol), (_, beside) => beside.ToArray())];
        for (var round = 1; round <= rounds; round++)
        {
            Console.Error.WriteLine($"{what}, round {round} of {rounds}…");
            var random = new Random(round);
            random.Shuffle(order);
            foreach (var beside in order)
            {
                random.Shuffle(beside);
                foreach (var target in beside)
                    await drive(target);
            }
        }
    }

    private static Table TellDriven(ImmutableArray<Target> targets)
    {
        var table = new Table(
            "As fast as answers come",
            "objects", "protocol", "endpoint", "requests/s", "of no-op", "p50, ms", "p99, ms", "CPU, µs/request", "CPU of no-op", "allocated, B/request", "collections/1,000 requests", "taken by others, %");
        foreach (var target in targets)
        {
            var noOp = Find(targets, target, MeasuredServer.NoOp);
            table.Add(
                target.Objects,
                target.Protocol,
                target.Path,
                target.Median(figures => figures.Rate),
                target.MedianRatio(noOp, figures => figures.Rate),
                target.Median(figures => figures.Typical),
                target.Median(figures => figures.Slow),
                target.Median(figures => figures.Processor),
                target.MedianRatio(noOp, figures => figures.Processor),
                target.Median(figures => figures.Allocated),
                target.Median(figures => figures.Collections),
                target.Median(figures => figures.Taken));
        }

        return table;
    }

    private static Table TellPaced(ImmutableArray<Target> targets)
    {
        var table = new Table(
            "On a schedule, at half of the rate of /validate; latencies count from when a request was due",
            "objects", "protocol", "endpoint", "requests/s", "p50, ms", "p99, ms", "p99 of no-op", "taken by others, %", "p99 of all rounds, ms");
        foreach (var target in targets)
        {
            var noOp = Find(targets, target, MeasuredServer.NoOp);
            table.Add(
                target.Objects,
                target.Protocol,
                target.Path,
                target.Median(figures => figures.Rate),
                target.Median(figures => figures.Typical),
                target.Median(figures => figures.Slow),
                target.MedianRatio(noOp, figures => figures.Slow),
                target.Median(figures => figures.Taken),
                target.MedianOfAll(figures => figures.Slow));
        }

        return table;
    }

    private static Table TellGrowth(ImmutableArray<Target> targets)
    {
        var (small, large) = (SampleCluster.Sizes[0], SampleCluster.Sizes[^1]);
        var table = new Table($"Growth: requests/s at {large:N0} objects, of those at {small:N0}", "protocol", "endpoint", "rate", "CPU");
        foreach (var target in targets.Where(target => target.Objects == large))
        {
            var before = Find(targets, target, target.Path, small);
            table.Add(target.Protocol, target.Path, target.MedianRatio(before, figures => figures.Rate), target.MedianRatio(before, figures => figures.Processor));
        }

        return table;
    }

    private static Table TellProcesses(IEnumerable<PopulatedServer> servers)
    {
        var table = new Table("Processes", "objects", "start to ready, s", "first request, ms", "resident when ready, MiB", "resident after load, MiB");
        foreach (var server in servers)
            table.Add(server.Objects, server.Process.StartToReady.TotalSeconds, server.Process.FirstRequest, server.Process.ResidentWhenReady, server.Process.ReadResident());
        return table;
    }
}
