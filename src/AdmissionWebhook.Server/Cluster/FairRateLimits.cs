namespace AdmissionWebhook.Server.Cluster;

/// <summary>How often something may happen.</summary>
/// <param name="Burst">How often at once, after a pause.</param>
/// <param name="Period">After each of these it may happen once more.</param>
/// <param name="MostWaiting">How many may wait for each namespace, or for each user of cluster-scoped objects.</param>
/// <param name="MostInAll">How many may wait for all of them together.</param>
internal sealed record FairRateLimits(int Burst, TimeSpan Period, int MostWaiting, int MostInAll = int.MaxValue);
