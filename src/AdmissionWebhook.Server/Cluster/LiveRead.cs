namespace AdmissionWebhook.Server.Cluster;

/// <summary>One live read of an object, for every request that arrived before it began.</summary>
internal sealed class LiveRead(ObjectReference reference)
{
    private readonly TaskCompletionSource<LiveAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ObjectReference Reference => reference;

    public Task<LiveAnswer> Answer => _answer.Task;

    /// <summary>Ends the wait of each payer in a queue for this read.</summary>
    public HashSet<CancellationTokenSource> Payers { get; } = [];

    public bool IsPaid { get; private set; }

    /// <summary>One request paid, so the others do not pay.</summary>
    public void Pay()
    {
        IsPaid = true;
        foreach (var other in Payers)
            other.Cancel();
    }

    public void SetAnswer(LiveAnswer answer) => _answer.SetResult(answer);
}

/// <summary>The result of a live read.</summary>
/// <param name="Reference">The object to read.</param>
/// <param name="Object">The object; null if it does not exist or the read failed.</param>
/// <param name="WasRead">Whether the API server answered.</param>
internal sealed record LiveAnswer(ObjectReference Reference, KubernetesObject? Object, bool WasRead)
{
    public static LiveAnswer Missing(ObjectReference reference) => new(reference, null, WasRead: true);

    public static LiveAnswer Failed(ObjectReference reference) => new(reference, null, WasRead: false);

    /// <summary>
    /// After a failed read the object stays as the watch shows it: a tenant that overloads the API server changes nothing for others.
    /// </summary>
    public ClusterState ApplyTo(ClusterState state) => !WasRead ? state : Object is null ? state.Without(Reference) : state.With(Object);
}
