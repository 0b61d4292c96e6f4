namespace AdmissionWebhook.Server.Callers;

/// <summary>A caller in one of the <see cref="FairPlaces{TGuest}"/>. It can lose its place to another.</summary>
/// <param name="address">The address of the caller.</param>
internal abstract class Guest(SourceAddress address)
{
    private long _since = Environment.TickCount64;

    public SourceAddress Address => address;

    /// <summary>Guests of a lower rank give way first; a guest without a rank is busy and stays.</summary>
    public abstract int? Rank { get; }

    /// <summary>The time of its arrival or last use, in milliseconds. The earliest guest of a rank gives way first.</summary>
    public long Since => Volatile.Read(ref _since);

    /// <summary>Ends its work. Another guest already has its place.</summary>
    public abstract void GiveWay();

    protected void Touch() => Volatile.Write(ref _since, Environment.TickCount64);
}
