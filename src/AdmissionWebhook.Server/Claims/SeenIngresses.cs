using Host = AdmissionWebhook.Policy.Values.Host;

namespace AdmissionWebhook.Server.Claims;

/// <summary>
/// The new Ingresses that the watch showed in the last seconds, and their hosts. The API server stored such a creation, so from then on the Ingress
/// itself shows whether it still has the host: an Ingress that gives a host up a moment later blocks no other.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class SeenIngresses(TimeProvider time)
{
    private readonly Lock _seeing = new();
    private readonly Queue<(string Ingress, DateTimeOffset At, HashSet<int> Hosts)> _seen = [];
    private readonly Dictionary<string, int> _counts = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The watch shows a new Ingress.</summary>
    public void See(Ingress ingress)
    {
        lock (_seeing)
        {
            var (now, name) = (time.GetUtcNow(), $"{ingress.Metadata.Namespace}/{ingress.Metadata.Name}");
            while (_seen.TryPeek(out var oldest) && now - oldest.At > ClaimEntry.Lifetime)
            {
                _seen.Dequeue();
                if (--_counts[oldest.Ingress] == 0)
                    _counts.Remove(oldest.Ingress);
            }

            _seen.Enqueue((name, now, [.. ingress.ClaimedHosts.Select(host => host.GetHashCode())]));
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
            Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    /// <summary>Whether the watch showed a creation after its decision, by this replica's clock, or does so within a moment.</summary>
    public async Task<bool> HasSeenAsync(ClaimEntry entry, Host host, TimeSpan patience)
    {
        var begin = time.GetTimestamp();
        while (true)
        {
            var next = _next.Task;
            if (HasSeen(entry, host))
                return true;

            var left = patience - time.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero || await Task.WhenAny(next, Task.Delay(left, time)) != next)
                return false;
        }
    }

    private bool HasSeen(ClaimEntry entry, Host host)
    {
        lock (_seeing)
        {
            var name = $"{entry.Namespace}/{entry.Name}";
            return _counts.ContainsKey(name) && _seen.Any(seen => seen.Ingress == name && seen.At > entry.At && seen.Hosts.Contains(host.GetHashCode()));
        }
    }
}
