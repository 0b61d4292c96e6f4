using AdmissionWebhook.KubernetesApi;

namespace AdmissionWebhook.Server.Claims;

/// <summary>The API server's time, which all replicas share: what one has dated another one compares, and their machines' clocks may differ by more than a claim lasts.</summary>
/// <param name="time">This machine's.</param>
/// <param name="client">Knows the API server's, to the second.</param>
internal sealed class SharedTime(TimeProvider time, KubernetesApiClient client) : TimeProvider
{
    /// <summary>Clocks that differ by less are right: this machine's is the finer one.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() is var mine && client.Now is { } theirs && (theirs - mine).Duration() > Tolerance ? theirs : mine;

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
