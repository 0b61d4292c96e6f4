namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>One endpoint of one server by one version of HTTP, and the rounds it has been driven for.</summary>
internal sealed class Target(PopulatedServer server, LoadGenerator load, string path)
{
    private readonly List<Figures> _rounds = [];

    public int Objects => server.Objects;

    public string Protocol => load.Protocol;

    public string Path => path;

    /// <summary>As fast as answers come.</summary>
    public Task DriveAsync(TimeSpan duration) => MeasureAsync(() => load.DriveAsync(path, duration));

    /// <summary>At a given rate.</summary>
    public Task FollowAsync(double rate, TimeSpan duration) => MeasureAsync(() => load.FollowAsync(path, Schedule.Start(rate, duration)));

    /// <summary>A figure of this target's calmer rounds.</summary>
    public double Median(Func<Figures, double> figure) => Calmer(_rounds, round => round.Taken).Select(figure).Median();

    /// <summary>A figure of all of its rounds, whoever else the machine worked for.</summary>
    public double MedianOfAll(Func<Figures, double> figure) => _rounds.Select(figure).Median();

    /// <summary>
    /// How this target compares with one that was driven for as many rounds. Rounds are compared pair by pair, and the calmer pairs count: what disturbs a machine for longer
    /// than a round disturbs both.
    /// </summary>
    public double MedianRatio(Target other, Func<Figures, double> figure) =>
        Calmer(_rounds.Zip(other._rounds), pair => pair.First.Taken + pair.Second.Taken).Select(pair => figure(pair.First) / figure(pair.Second)).Median();

    /// <summary>
    /// The half in which other guests of the host took least. What they take is no matter of the server, and a hundredth of a second of it decides the p99 of a round.
    /// </summary>
    private static IEnumerable<T> Calmer<T>(IEnumerable<T> rounds, Func<T, double> taken)
    {
        T[] calmestFirst = [.. rounds.OrderBy(taken)];
        return calmestFirst.Take((calmestFirst.Length + 1) / 2);
    }

    private async Task MeasureAsync(Func<Task<Round>> drive)
    {
        var before = await server.Process.ReadStatisticsAsync();
        var begin = ProcessorTime.Now();
        var round = await drive();
        var taken = ProcessorTime.Now().TakenSince(begin);
        var after = await server.Process.ReadStatisticsAsync();
        var requests = round.Latencies.Length;
        _rounds.Add(new(
            round.Rate,
            round.Latencies.Percentile(0.5),
            round.Latencies.Percentile(0.99),
            (after.ProcessorTime - before.ProcessorTime).TotalMicroseconds / requests,
            (after.AllocatedBytes - before.AllocatedBytes) / (double)requests,
            (after.Collections[0] - before.Collections[0]) * 1000.0 / requests,
            taken));
    }
}

/// <summary>What a round told.</summary>
/// <param name="Rate">Requests per second.</param>
/// <param name="Typical">Half of the latencies are below, in milliseconds.</param>
/// <param name="Slow">All but one in a hundred latencies are below, in milliseconds.</param>
/// <param name="Processor">Of the server, in microseconds per request.</param>
/// <param name="Allocated">By the server, in bytes per request.</param>
/// <param name="Collections">Garbage collections of the server per thousand requests.</param>
/// <param name="Taken">Of 100 parts of the machine's processors, those that its host gave to other guests.</param>
internal sealed record Figures(double Rate, double Typical, double Slow, double Processor, double Allocated, double Collections, double Taken);
