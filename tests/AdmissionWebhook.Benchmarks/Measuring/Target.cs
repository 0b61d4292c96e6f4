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

    /// <summary>A figure of this target's rounds.</summary>
    public double Median(Func<Figures, double> figure) => _rounds.Select(figure).Median();

    /// <summary>
    /// How this target compares with one that was driven for as many rounds. Rounds are compared pair by pair: what disturbs a machine for longer than a round
    /// disturbs both.
    /// </summary>
    public double MedianRatio(Target other, Func<Figures, double> figure) => _rounds.Zip(other._rounds, (mine, its) => figure(mine) / figure(its)).Median();

    private async Task MeasureAsync(Func<Task<Round>> drive)
    {
        var before = await server.Process.ReadStatisticsAsync();
        var round = await drive();
        var after = await server.Process.ReadStatisticsAsync();
        var requests = round.Latencies.Length;
        _rounds.Add(new(
            round.Rate,
            round.Latencies.Percentile(0.5),
            round.Latencies.Percentile(0.99),
            (after.ProcessorTime - before.ProcessorTime).TotalMicroseconds / requests,
            (after.AllocatedBytes - before.AllocatedBytes) / (double)requests,
            (after.Collections[0] - before.Collections[0]) * 1000.0 / requests));
    }
}

/// <summary>What a round told.</summary>
/// <param name="Rate">Requests per second.</param>
/// <param name="Typical">Half of the latencies are below, in milliseconds.</param>
/// <param name="Slow">All but one in a hundred latencies are below, in milliseconds.</param>
/// <param name="Processor">Of the server, in microseconds per request.</param>
/// <param name="Allocated">By the server, in bytes per request.</param>
/// <param name="Collections">Garbage collections of the server per thousand requests.</param>
internal sealed record Figures(double Rate, double Typical, double Slow, double Processor, double Allocated, double Collections);
