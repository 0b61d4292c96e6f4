namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>Requests that were sent one after another or at once, each answered as it should.</summary>
/// <param name="Elapsed">From the first request to the last answer.</param>
/// <param name="Latencies">Of each request, in milliseconds, in no order.</param>
internal sealed record Round(TimeSpan Elapsed, ImmutableArray<double> Latencies)
{
    public double Rate => Latencies.Length / Elapsed.TotalSeconds;
}
