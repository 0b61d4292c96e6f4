using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Audit;

/// <summary>One output of decision records.</summary>
/// <param name="open">Opens the output. Log rotation can move or empty a file at any time, so each batch opens it anew.</param>
/// <param name="losses">Counts lost records.</param>
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
            // Any exception: a closed stream is as good a reason as a full disk, and the next batch can succeed.
            losses.Count(count, failed.Message);
        }
    }
}

/// <summary>Counts lost decision records.</summary>
/// <param name="output">The output; <c>all</c> for records that no output got.</param>
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

    /// <summary>The number since the last call, and the reason.</summary>
    public (string? Reason, long Count) TakeUnreported()
    {
        var total = Total;
        return (Volatile.Read(ref _reason), total - Interlocked.Exchange(ref _reported, total));
    }
}
