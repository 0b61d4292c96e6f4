namespace AdmissionWebhook.Server.Callers;

/// <summary>
/// A limited number of places that source addresses share. No address gets more than its part. If no place is free, guests that are not busy give
/// way. So clients that take places and do nothing block no other caller. This holds even for one address, such as a proxy of the API servers.
/// </summary>
/// <param name="most">Places in all.</param>
/// <param name="mostOfAddress">Places of one address.</param>
internal sealed class FairPlaces<TGuest>(int most, int mostOfAddress) where TGuest : Guest
{
    private readonly Lock _changing = new();
    private readonly HashSet<TGuest> _guests = [];
    private readonly Dictionary<SourceAddress, int> _counts = [];

    /// <summary>Several guests give way at once: a new choice for each newcomer would cost more than the newcomer.</summary>
    private readonly int _leavingAtOnce = Math.Max(1, mostOfAddress / 16);

    public int Count
    {
        get
        {
            lock (_changing)
                return _guests.Count;
        }
    }

    /// <summary>Takes a place; <see cref="Leave"/> releases it.</summary>
    /// <param name="guest">The guest that takes it.</param>
    /// <param name="gaveWay">The number of guests that lost their place.</param>
    /// <returns>False if busy guests have all places.</returns>
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

        // Outside the lock: ending a connection can run foreign code.
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

    /// <summary>Ends all guests that meet a condition.</summary>
    /// <returns>Their number.</returns>
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
    /// Chooses by the lowest rank, then the address with most places, then the earliest. An address with few places keeps them while one with many
    /// has some to give: a guest that looks silent can be in its handshake.
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
