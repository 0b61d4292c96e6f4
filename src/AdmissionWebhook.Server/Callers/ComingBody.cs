namespace AdmissionWebhook.Server.Callers;

/// <summary>A body that is still arriving.</summary>
/// <param name="address">The address of the sender.</param>
/// <param name="patience">The time limit.</param>
/// <param name="giveUp">Called when the body takes too long, or must give way.</param>
/// <param name="time">Measures that.</param>
internal sealed class ComingBody(SourceAddress address, TimeSpan patience, Action giveUp, TimeProvider time) : Guest(address), IDisposable
{
    private readonly ITimer _patience = time.CreateTimer(static giveUp => ((Action)giveUp!)(), giveUp, patience, Timeout.InfiniteTimeSpan);

    public override int? Rank => 0;

    /// <summary>Whether it holds memory that others wait for.</summary>
    public bool IsLarge { get; set; }

    public override void GiveWay() => giveUp();

    public void Dispose() => _patience.Dispose();
}
