namespace AdmissionWebhook.Server.Callers;

/// <summary>A body of which something is still to come.</summary>
/// <param name="address">Who sends it.</param>
/// <param name="patience">How long it may take.</param>
/// <param name="giveUp">Called when it has taken too long, or has to give way.</param>
/// <param name="time">Measures that.</param>
internal sealed class ComingBody(SourceAddress address, TimeSpan patience, Action giveUp, TimeProvider time) : Guest(address), IDisposable
{
    private readonly ITimer _patience = time.CreateTimer(static giveUp => ((Action)giveUp!)(), giveUp, patience, Timeout.InfiniteTimeSpan);

    public override int? Rank => 0;

    /// <summary>Whether it takes memory that others wait for.</summary>
    public bool IsLarge { get; set; }

    public override void GiveWay() => giveUp();

    public void Dispose() => _patience.Dispose();
}
