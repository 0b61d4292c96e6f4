using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>The waits and time limits of watches.</summary>
internal sealed record WatchTimes
{
    /// <summary>The longest wait that a server can request: a proxy that requests years must not blind the webhook.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(10);

    /// <summary>The minimum duration of a watch; each runs up to twice as long, so they do not all end at once.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The silence after which a watch is given up: an API server sends a bookmark about once a minute, a dead connection sends none.
    /// </summary>
    public TimeSpan QuietLimit { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>The time after which the watcher lists everything again, in case an event was lost.</summary>
    public TimeSpan RelistAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The time without a working watch after which missing objects are unknown.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A watch that recovers within this time was never down, however long it was quiet before.</summary>
    public TimeSpan Grace => StaleAfter / 6;

    /// <summary>The wait after the first failure; each further one doubles it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait after a failure.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often to check whether a rule needs a kind that is watched only on demand.</summary>
    public TimeSpan WantedEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The wait after so many consecutive failures, with a random part of up to half.</summary>
    public TimeSpan DelayAfter(int failures) =>
        TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(failures, 20) - 1)) * (0.5 + (Random.Shared.NextDouble() / 2)));

    /// <summary>
    /// The wait that an error requests, within a limit; else the wait after so many consecutive failures. A requested wait of zero counts as none.
    /// </summary>
    public TimeSpan DelayAfter(Exception error, int failures) =>
        error is ApiException { RetryAfter: { } asked } && asked > TimeSpan.Zero ? asked < LongestAsked ? asked : LongestAsked : DelayAfter(failures);

    /// <summary>The duration of the next watch.</summary>
    public TimeSpan NextDuration() => Duration * (1 + Random.Shared.NextDouble());
}
