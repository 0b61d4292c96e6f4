using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Audit;

/// <summary>One place where decision records go.</summary>
/// <param name="open">Opens it. Whoever keeps a file may move it away or empty it at any time, so it is opened for each batch and never kept.</param>
/// <param name="losses">Counts what does not get there.</param>
internal sealed class AuditOutput(Func<Stream> open, AuditLosses losses)
{
    public AuditLosses Losses => losses;

    /// <summary>Writes lines, or counts the records in them as lost.</summary>
    public void Write(ReadOnlySpan<byte> lines, int count)
    {
        try
        {
            using var stream = open();
            stream.Write(lines);
        }
        catch (Exception failed)
        {
            // Of whatever kind: a stream that was closed while it hung is as good a reason as a full disk, and the next batch may fare better.
            losses.Count(count, failed.Message);
        }
    }
}

/// <summary>Counts decision records that did not get somewhere.</summary>
/// <param name="output">Where; <c>all</c> for those that got nowhere.</param>
/// <param name="metrics">Counts them too.</param>
internal sealed class AuditLosses(string output, Metrics metrics)
{
    private string? _reason;
    private long _total, _reported;

    public string Output => output;

    public long Total => Volatile.Read(ref _total);

    public void Count(int records, string reason)
    {
        if (records == 0)
            return;

        Interlocked.Add(ref _total, records);
        Volatile.Write(ref _reason, reason);
        metrics.CountLostRecords(output, records);
    }

    /// <summary>How many there are more than the last time, and why.</summary>
    public (string? Reason, long Count) TakeUnreported()
    {
        var total = Total;
        return (Volatile.Read(ref _reason), total - Interlocked.Exchange(ref _reported, total));
    }
}
