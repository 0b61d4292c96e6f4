namespace AdmissionWebhook.Server.Cluster;

/// <summary>The limits of a rate.</summary>
/// <param name="Burst">How many at once, after a pause.</param>
/// <param name="Period">The time after which one more is allowed.</param>
/// <param name="MostWaiting">The maximum number of waiting payers for each namespace, or for each user of cluster-scoped objects.</param>
/// <param name="MostInAll">The maximum number of waiting payers in total.</param>
internal sealed record FairRateLimits(int Burst, TimeSpan Period, int MostWaiting, int MostInAll = int.MaxValue);
