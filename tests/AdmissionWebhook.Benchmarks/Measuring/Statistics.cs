namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>Figures that one disturbed round among many does not move much.</summary>
internal static class Statistics
{
    public static double Median(this IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The smallest value that is not exceeded by this share of all values.</summary>
    public static double Percentile(this IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }
}
