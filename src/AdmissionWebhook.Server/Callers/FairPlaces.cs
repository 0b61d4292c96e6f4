namespace AdmissionWebhook.Server.Callers;

/// <summary>
/// A limited number of places that source addresses share. No address gets more than its part. Where no place is free, guests that are not busy give
/// way, so those who take places
/// and do nothing keep nobody out: not even a caller behind the same address, which is the usual case where API servers come through a proxy.
/// </summary>
/// <param name="most">Places in all.</param>
/// <param name="mostOfAddress">Places of one address.</param>
internal sealed class FairPlaces<TGuest>(int most, int mostOfAddress) where TGuest : Guest
{
    private readonly Lock _changing = new();
    private readonly HashSet<TGuest> _guests = [];
    private readonly Dictionary<SourceAddress, int> _counts = [];

    /// <summary>A part of the guests gives way at once: to choose them anew for each newcomer would cost more than the newcomer itself.</summary>
    private readonly int _leavingAtOnce = Math.Max(1, mostOfAddress / 16);

    public int Count
    {
        get
        {
            lock (_changing)
                return _guests.Count;
        }
    }

    /// <summary>Takes a place, to be given back by <see cref="Leave"/>.</summary>
    /// <param name="guest">Who takes it.</param>
    /// <param name="gaveWay">How many others lost theirs.</param>
    /// <returns>False where all places are taken by guests that are busy.</returns>
    public bool TryEnter(TGuest guest, out int gaveWay)
    {
        TGuest[] leaving = [];
        bool hasPlace;
        lock (_changing)
        {
            if (IsFullFor(guest.Address))
                leaving = ChooseLeaving(guest.Address);
            foreach (var each in leaving)
                Remove(each);
            hasPlace = !IsFullFor(guest.Address);
            if (hasPlace && _guests.Add(guest))
                _counts[guest.Address] = _counts.GetValueOrDefault(guest.Address) + 1;
        }

        // Outside the lock: to end a connection may run code of others.
        foreach (var each in leaving)
            each.GiveWay();
        gaveWay = leaving.Length;
        return hasPlace;
    }

    public void Leave(TGuest guest)
    {
        lock (_changing)
            Remove(guest);
    }

    /// <summary>Ends all that meet a condition.</summary>
    /// <returns>How many.</returns>
    public int End(Func<TGuest, bool> condition)
    {
        TGuest[] leaving;
        lock (_changing)
        {
            leaving = [.. _guests.Where(condition)];
            foreach (var each in leaving)
                Remove(each);
        }

        foreach (var each in leaving)
            each.GiveWay();
        return leaving.Length;
    }

    private bool IsFullFor(SourceAddress address) => _guests.Count >= most || _counts.GetValueOrDefault(address) >= mostOfAddress;

    /// <summary>
    /// The lowest rank, of the addresses that have most, the earliest. An address that has few keeps them while one that has many has something
    /// to give: what looks silent may be in its handshake.
    /// </summary>
    private TGuest[] ChooseLeaving(SourceAddress address)
    {
        var crowd = _counts.GetValueOrDefault(address) >= mostOfAddress ? _guests.Where(guest => guest.Address == address) : _guests;
        var ranked = crowd.Select(guest => (Guest: guest, guest.Rank, Crowd: _counts[guest.Address])).Where(each => each.Rank is not null).ToList();
        if (ranked.Any(each => each.Crowd > _leavingAtOnce && each.Crowd >= mostOfAddress / 2))
            ranked.RemoveAll(each => each.Crowd <= _leavingAtOnce);
        var lowest = ranked.Min(each => each.Rank);
        return
        [
            .. ranked.Where(each => each.Rank == lowest).Select(each => each.Guest)
                .OrderByDescending(guest => _counts[guest.Address]).ThenBy(guest => guest.Since).Take(_leavingAtOnce),
        ];
    }

    private void Remove(TGuest guest)
    {
        if (!_guests.Remove(guest))
            return;
        if (_counts[guest.Address] is var count && count == 1)
            _counts.Remove(guest.Address);
        else
            _counts[guest.Address] = count - 1;
    }
}
