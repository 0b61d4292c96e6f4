using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>How patient watches are.</summary>
internal sealed record WatchTimes
{
    /// <summary>The longest wait that anybody may ask for: a proxy that asks for years must not blind the webhook.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(10);

    /// <summary>How long the API server lets a watch run, at least; each runs up to twice as long, so that they do not all end at once.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Without a word for so long a watch is given up: an API server sends a bookmark about once a minute, and a dead connection none.</summary>
    public TimeSpan QuietLimit { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>After so long everything is listed anew, in case an event was lost on the way.</summary>
    public TimeSpan RelistAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>After so long without a working watch nobody can tell any more what is missing.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A watch that is back before this was never gone, however long nothing had happened before it broke.</summary>
    public TimeSpan Grace => StaleAfter / 6;

    /// <summary>How long to wait after the first failure; each further one doubles it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait after a failure.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often to see whether anybody has come to need what is watched only on demand.</summary>
    public TimeSpan WantedEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The wait after so many failures in a row, with up to half of it left to chance.</summary>
    public TimeSpan DelayAfter(int failures) =>
        TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(failures, 20) - 1)) * (0.5 + (Random.Shared.NextDouble() / 2)));

    /// <summary>The wait that an error asks for, within reason; else that after so many failures in a row. To be asked for none at all is no reason to keep a server busy.</summary>
    public TimeSpan DelayAfter(Exception error, int failures) =>
        error is ApiException { RetryAfter: { } asked } && asked > TimeSpan.Zero ? asked < LongestAsked ? asked : LongestAsked : DelayAfter(failures);

    /// <summary>How long the next watch may run.</summary>
    public TimeSpan NextDuration() => Duration * (1 + Random.Shared.NextDouble());
}
