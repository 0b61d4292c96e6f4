namespace AdmissionWebhook.Server.Cluster;

/// <summary>
/// A fair rate limit. When the budget is used up, the namespaces take turns, and inside a namespace
/// its users take turns. So a flood in one namespace delays the turn of another by at most two periods.
/// </summary>
internal sealed class FairRate(FairRateLimits limits, TimeProvider time) : IDisposable
{
    private readonly Lock _serving = new();
    private readonly Rotation<(string? Namespace, string User), Share> _shares = new();
    private readonly long _begin = time.GetTimestamp();
    private int _left = limits.Burst, _waiting;
    private long _periods;
    private ITimer? _timer;

    /// <summary>Waits for a turn.</summary>
    /// <returns>False without a turn: the payer cancelled, or too many wait for the same namespace or in all.</returns>
    public async ValueTask<bool> WaitAsync(Payer payer, CancellationToken cancellation)
    {
        var place = new Place(payer);
        lock (_serving)
        {
            if (cancellation.IsCancellationRequested)
                return false;

            // Waiting payers come first; otherwise a flood would take each turn.
            ServeWaiting();
            if (_left > 0)
            {
                _left--;
                return true;
            }

            if (!MakeRoom(payer))
                return false;
            Enter(place);
        }

        await using (cancellation.UnsafeRegister(_ => GiveUp(place), null))
            return await place.Turn.Task;
    }

    public void Dispose() => _timer?.Dispose();

    /// <summary>
    /// If the queue is full, a namespace with fewer waiting than another gets one more place. If a namespace is full, a user with fewer waiting than
    /// another gets one more. The one with most loses its newest.
    /// </summary>
    private bool MakeRoom(Payer payer)
    {
        var share = _shares.Find(payer.Share);
        var waiting = share?.Waiting ?? 0;
        if (waiting < limits.MostWaiting && _waiting < limits.MostInAll)
            return true;

        var most = waiting < limits.MostWaiting ? _shares.Values.MaxBy(each => each.Waiting) : null;
        var crowd = most?.Waiting > waiting + 1 ? most : share;
        var ofUser = crowd == share ? share?.Users.Find(payer.User)?.Count ?? 0 : 0;
        if (crowd?.Users.Values.MaxBy(line => line.Count)?.Last?.Value is not { } newest || (crowd == share && newest.Node.List!.Count <= ofUser + 1))
            return false;

        Leave(newest);
        newest.Turn.SetResult(false);
        return true;
    }

    private void Enter(Place place)
    {
        if (_shares.IsEmpty)
        {
            _timer ??= time.CreateTimer(_ => Serve(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(limits.Period, limits.Period);
        }

        var share = _shares.GetOrAdd(place.Payer.Share);
        share.Users.GetOrAdd(place.Payer.User).AddLast(place.Node);
        share.Waiting++;
        _waiting++;
    }

    private void Leave(Place place)
    {
        var share = _shares.Find(place.Payer.Share)!;
        share.Waiting--;
        _waiting--;
        var line = place.Node.List!;
        line.Remove(place.Node);
        if (line.Count == 0)
            share.Users.Remove(place.Payer.User);
        if (share.Users.IsEmpty)
            _shares.Remove(place.Payer.Share);
        if (_shares.IsEmpty)
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void GiveUp(Place place)
    {
        lock (_serving)
        {
            if (place.Node.List is null)
                return;

            Leave(place);
            place.Turn.SetResult(false);
        }
    }

    private void Serve()
    {
        lock (_serving)
            ServeWaiting();
    }

    private void ServeWaiting()
    {
        for (Replenish(); _left > 0 && !_shares.IsEmpty; _left--)
        {
            var next = _shares.Next().Users.Next().First!.Value;
            Leave(next);
            next.Turn.SetResult(true);
        }
    }

    private void Replenish()
    {
        var periods = time.GetElapsedTime(_begin).Ticks / limits.Period.Ticks;
        _left = (int)Math.Min(limits.Burst, _left + periods - _periods);
        _periods = periods;
    }

    private sealed class Place
    {
        public Place(Payer payer) => (Payer, Node) = (payer, new(this));

        public Payer Payer { get; }

        /// <summary>The place in the queue of the user; in no list after it left.</summary>
        public LinkedListNode<Place> Node { get; }

        public TaskCompletionSource<bool> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Share
    {
        public Rotation<string, LinkedList<Place>> Users { get; } = new();

        public int Waiting { get; set; }
    }
}
