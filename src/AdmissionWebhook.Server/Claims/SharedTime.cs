using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Claims;

/// <summary>
/// The API server's time, which all replicas share: replicas compare each other's times, and their clocks can differ by more than the life of a
/// claim.
/// </summary>
/// <param name="time">The clock of this machine.</param>
/// <param name="client">The client, which knows the API server's time to the second.</param>
internal sealed class SharedTime(TimeProvider time, KubernetesApiClient client) : TimeProvider
{
    /// <summary>Below this difference the clock of this machine counts, because it is more precise.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() is var mine && client.Now is { } theirs && (theirs - mine).Duration() > Tolerance ? theirs : mine;

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
