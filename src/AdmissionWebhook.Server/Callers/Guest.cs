namespace AdmissionWebhook.Server.Callers;

/// <summary>A caller's use of one of the <see cref="FairPlaces{TGuest}"/>. It may have to give its place to another.</summary>
/// <param name="address">Whose it is.</param>
internal abstract class Guest(SourceAddress address)
{
    private long _since = Environment.TickCount64;

    public SourceAddress Address => address;

    /// <summary>Guests of a lower rank give way first; a guest without a rank is busy and stays.</summary>
    public abstract int? Rank { get; }

    /// <summary>When it came or was last of use, in milliseconds. Of guests of one rank the earliest gives way first.</summary>
    public long Since => Volatile.Read(ref _since);

    /// <summary>Ends what it does. Its place is already another's.</summary>
    public abstract void GiveWay();

    protected void Touch() => Volatile.Write(ref _since, Environment.TickCount64);
}
