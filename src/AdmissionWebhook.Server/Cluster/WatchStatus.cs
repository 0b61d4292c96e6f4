using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>How the watch of one kind is doing, for whoever asks from outside.</summary>
/// <param name="name">The kind.</param>
/// <param name="count">Counts the objects known of it.</param>
/// <param name="time">Tells the time.</param>
internal sealed class WatchStatus(string name, Func<int> count, TimeProvider time)
{
    /// <summary>How many objects that cannot be read are named, and how much of each reason is said.</summary>
    private const int MostNamed = 3, LongestReason = 200;

    private long _lastHeard = time.GetTimestamp(), _failedSince;
    private int _lists, _failures;
    private volatile string? _fault;
    private volatile ImmutableDictionary<ObjectName, string> _unreadable = ImmutableDictionary<ObjectName, string>.Empty;
    private volatile bool _hasSynced, _isStale, _isRefused, _isResting;

    public string Name => name;

    /// <summary>How many objects are known.</summary>
    public int Objects => count();

    /// <summary>How many of them hold more than is kept.</summary>
    public Func<int> Trimmed { get; init; } = () => 0;

    /// <summary>Whether the webhook cannot serve without knowing its objects, even where that takes somebody to change a role.</summary>
    public bool IsIndispensable { get; init; }

    /// <summary>What becomes of what is known once the watch has been down for too long.</summary>
    public string WhenStale { get; init; } = "missing objects count as unknown";

    /// <summary>Whether the webhook serves without knowing its objects, since few rules look them up.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether nobody needs to know of its objects at the moment, so that there is no watch to tell of.</summary>
    public bool IsResting => _isResting;

    /// <summary>Whether its objects have been listed at least once.</summary>
    public bool HasSynced => _hasSynced;

    /// <summary>
    /// Whether the webhook may serve as far as this kind is concerned: its objects are known, or they may not be read, which waiting does not
    /// change and which concerns no other kind.
    /// </summary>
    public bool IsSettled => _hasSynced || IsOptional || (_isRefused && !IsIndispensable);

    /// <summary>Whether so much time has passed without a working watch that nobody can tell what is missing.</summary>
    public bool IsStale { get => _isStale; set => _isStale = value; }

    /// <summary>Why it does not work at the moment; null while it does.</summary>
    public string? Fault => _fault;

    /// <summary>How often all objects have been listed.</summary>
    public int Lists => Volatile.Read(ref _lists);

    /// <summary>How often a list or a watch has failed.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>How long ago the API server was last heard of.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _lastHeard));

    /// <summary>For how long every attempt has failed; nothing while it works.</summary>
    public TimeSpan Outage => Fault is null ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _failedSince));

    /// <summary>What is to be said of it although it hinders nothing; null where nothing is.</summary>
    public string? Detail
    {
        get
        {
            var fault = Fault is null ? "" : $"{(IsStale ? $"stale, {WhenStale}: " : "")}{Fault}";
            var details = new[] { fault, DescribeUnreadable() };
            return string.Join("; ", details.Where(detail => detail.Length > 0)) is { Length: > 0 } all ? all : null;
        }
    }

    /// <summary>How many objects there are that cannot be read.</summary>
    public int Unreadable => _unreadable.Count;

    /// <summary>Whether an object can be read.</summary>
    /// <param name="name">Which.</param>
    /// <param name="fault">Why not; null where it can, or is gone.</param>
    /// <returns>Whether it is news that it cannot.</returns>
    public bool SetUnreadable(ObjectName name, string? fault)
    {
        var known = _unreadable;
        if (fault is not null)
            _unreadable = known.SetItem(name, Printable.Shorten(fault, LongestReason));
        else if (!known.IsEmpty)
            _unreadable = known.Remove(name);
        return fault is not null && !known.ContainsKey(name);
    }

    /// <summary>What is no longer there concerns nobody.</summary>
    /// <param name="except">What is still there.</param>
    public void ForgetUnreadable(IEnumerable<ObjectName> except)
    {
        if (!_unreadable.IsEmpty)
            _unreadable = _unreadable.RemoveRange(_unreadable.Keys.Except(except).ToList());
    }

    /// <summary>Nobody needs to know of the objects: what was wrong concerns nobody any more.</summary>
    public void Rest()
    {
        (_isResting, _fault, _unreadable) = (true, null, ImmutableDictionary<ObjectName, string>.Empty);
        IsStale = false;
    }

    /// <summary>Somebody needs to know of the objects.</summary>
    public void Wake() => _isResting = false;

    public void Hear()
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

        // Once a refusal has let the webhook serve without the objects, no fault that passes takes it out again.
        (_fault, _isRefused) = (fault, isRefused || _isRefused);
    }

    /// <summary>The API server does not have this kind: nothing that failed, yet worth telling.</summary>
    public void SayAbsent() => (_fault, _isRefused) = ("the API server does not serve this kind", false);

    private string DescribeUnreadable()
    {
        var unreadable = _unreadable;
        var named = string.Join(", ", unreadable.OrderBy(each => each.Key.ToString(), StringComparer.Ordinal).Take(MostNamed).Select(each => $"{name} {each.Key} ({each.Value})"));
        var more = unreadable.Count > MostNamed ? $" and {unreadable.Count - MostNamed} more" : "";
        return unreadable.IsEmpty ? "" : $"cannot be read: {named}{more}";
    }
}
