namespace AdmissionWebhook.Server.Cluster;

/// <summary>The state of the watch of one kind, for readiness and metrics.</summary>
/// <param name="name">The kind.</param>
/// <param name="count">Counts its known objects.</param>
/// <param name="time">The clock.</param>
internal sealed class WatchStatus(string name, Func<int> count, TimeProvider time)
{
    /// <summary>The maximum number of named unreadable objects, and the maximum length of each reason.</summary>
    private const int MostNamed = 3, LongestReason = 200;

    private long _lastHeard = time.GetTimestamp(), _failedSince;
    private int _lists, _failures;
    private volatile string? _fault;
    private volatile ImmutableDictionary<ObjectName, string> _unreadable = ImmutableDictionary<ObjectName, string>.Empty;
    private volatile bool _hasSynced, _isStale, _isRefused, _isResting;

    public string Name => name;

    /// <summary>The number of known objects.</summary>
    public int Objects => count();

    /// <summary>The number of objects that are larger than the part that is kept.</summary>
    public Func<int> Trimmed { get; init; } = () => 0;

    /// <summary>Whether the webhook needs these objects to be ready, even if a missing permission blocks them.</summary>
    public bool IsIndispensable { get; init; }

    /// <summary>The effect of a watch that is down for too long, for the log.</summary>
    public string WhenStale { get; init; } = "missing objects count as unknown";

    /// <summary>Whether the webhook is ready without these objects, because few rules look them up.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether no rule needs its objects at the moment, so there is no watch.</summary>
    public bool IsResting => _isResting;

    /// <summary>Whether its objects were listed at least once.</summary>
    public bool HasSynced => _hasSynced;

    /// <summary>
    /// Whether this kind allows the webhook to be ready: its objects are known, or a permission is missing, which waiting does not
    /// change and which affects no other kind.
    /// </summary>
    public bool IsSettled => _hasSynced || IsOptional || (_isRefused && !IsIndispensable);

    /// <summary>Whether the watch is down for too long to know which objects are missing.</summary>
    public bool IsStale { get => _isStale; set => _isStale = value; }

    /// <summary>The current error; null while the watch works.</summary>
    public string? Fault => _fault;

    /// <summary>The number of complete lists.</summary>
    public int Lists => Volatile.Read(ref _lists);

    /// <summary>The number of failed lists and watches.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>The time since the last data of the API server.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _lastHeard));

    /// <summary>How long every attempt has failed; zero while the watch works.</summary>
    public TimeSpan Outage => Fault is null ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _failedSince));

    /// <summary>Warnings that do not affect readiness; null if there are none.</summary>
    public string? Detail
    {
        get
        {
            var fault = Fault is null ? "" : $"{(IsStale ? $"stale, {WhenStale}: " : "")}{Fault}";
            var details = new[] { fault, DescribeUnreadable() };
            return string.Join("; ", details.Where(detail => detail.Length > 0)) is { Length: > 0 } all ? all : null;
        }
    }

    /// <summary>The number of unreadable objects.</summary>
    public int Unreadable => _unreadable.Count;

    /// <summary>Notes whether an object is readable.</summary>
    /// <param name="name">The object.</param>
    /// <param name="fault">The error; null if it is readable or deleted.</param>
    /// <returns>Whether the error is new.</returns>
    public bool SetUnreadable(ObjectName name, string? fault)
    {
        var known = _unreadable;
        if (fault is not null)
            _unreadable = known.SetItem(name, Printable.Shorten(fault, LongestReason));
        else if (!known.IsEmpty)
            _unreadable = known.Remove(name);
        return fault is not null && !known.ContainsKey(name);
    }

    /// <summary>Forgets the errors of deleted objects.</summary>
    /// <param name="except">The existing objects.</param>
    public void ForgetUnreadable(IEnumerable<ObjectName> except)
    {
        if (!_unreadable.IsEmpty)
            _unreadable = _unreadable.RemoveRange(_unreadable.Keys.Except(except).ToList());
    }

    /// <summary>No rule needs the objects: forgets all errors.</summary>
    public void Pause()
    {
        (_isResting, _fault, _unreadable) = (true, null, ImmutableDictionary<ObjectName, string>.Empty);
        IsStale = false;
    }

    /// <summary>A rule needs the objects.</summary>
    public void Resume() => _isResting = false;

    public void RecordActivity()
    {
        Volatile.Write(ref _lastHeard, time.GetTimestamp());
        _fault = null;
        IsStale = false;
    }

    public void Sync()
    {
        Interlocked.Increment(ref _lists);
        _hasSynced = true;
    }

    public void Fail(string fault, bool isRefused)
    {
        Interlocked.Increment(ref _failures);
        if (Fault is null)
            Volatile.Write(ref _failedSince, time.GetTimestamp());

        // Once a missing permission made the webhook ready without the objects, a temporary error does not change that.
        (_fault, _isRefused) = (fault, isRefused || _isRefused);
    }

    /// <summary>The API server does not serve this kind: not a failure, but worth a report.</summary>
    public void SayAbsent() => (_fault, _isRefused) = ("the API server does not serve this kind", false);

    private string DescribeUnreadable()
    {
        var unreadable = _unreadable;
        var named = string.Join(", ", unreadable.OrderBy(each => each.Key.ToString(), StringComparer.Ordinal).Take(MostNamed).Select(each => $"{name} {each.Key} ({each.Value})"));
        var more = unreadable.Count > MostNamed ? $" and {unreadable.Count - MostNamed} more" : "";
        return unreadable.IsEmpty ? "" : $"cannot be read: {named}{more}";
    }
}
