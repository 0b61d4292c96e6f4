namespace AdmissionWebhook.Server.Callers;

/// <summary>A body of which something is still to come.</summary>
/// <param name="address">Who sends it.</param>
/// <param name="patience">How long it may take.</param>
/// <param name="time">Measures that.</param>
internal sealed class ComingBody(SourceAddress address, TimeSpan patience, TimeProvider time) : Guest(address), IDisposable
{
    private readonly CancellationTokenSource _given = new(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, time);

    public override int? Rank => 0;

    /// <summary>Whether it takes memory that others wait for.</summary>
    public bool IsLarge { get; set; }

    /// <summary>Cancelled when it has taken too long, or has to give way.</summary>
    public CancellationToken Token => _given.Token;

    public override void GiveWay()
    {
        try
        {
            _given.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has come meanwhile.
        }
    }

    public void Dispose() => _given.Dispose();
}
