using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>One read of an object, for every request that arrived before it began.</summary>
internal sealed class LiveRead(ObjectReference reference)
{
    private readonly TaskCompletionSource<LiveAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ObjectReference Reference => reference;

    public Task<LiveAnswer> Answer => _answer.Task;

    /// <summary>Those who stand in line for it, as what makes them leave the line.</summary>
    public HashSet<CancellationTokenSource> Payers { get; } = [];

    public bool IsPaid { get; private set; }

    /// <summary>Somebody has paid, and nobody else has to.</summary>
    public void Pay()
    {
        IsPaid = true;
        foreach (var other in Payers)
            other.Cancel();
    }

    public void SetAnswer(LiveAnswer answer) => _answer.SetResult(answer);
}

/// <summary>What came of a read.</summary>
/// <param name="Reference">Of what.</param>
/// <param name="Object">The object; null where there is none, or where it could not be read.</param>
/// <param name="WasRead">Whether the API server has answered.</param>
internal sealed record LiveAnswer(ObjectReference Reference, KubernetesObject? Object, bool WasRead)
{
    public static LiveAnswer Missing(ObjectReference reference) => new(reference, null, WasRead: true);

    public static LiveAnswer Failed(ObjectReference reference) => new(reference, null, WasRead: false);

    /// <summary>What could not be read stays as the watch shows it: a tenant who keeps the API server busy changes nothing that holds for others.</summary>
    public ClusterState ApplyTo(ClusterState state) => !WasRead ? state : Object is null ? state.Without(Reference) : state.With(Object);
}
