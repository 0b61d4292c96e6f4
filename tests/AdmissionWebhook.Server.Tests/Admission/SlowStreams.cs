namespace AdmissionWebhook.Server.Tests.Admission;

/// <summary>A body whose sender stalls after the first byte.</summary>
internal sealed class NeverEndingStream() : StreamInTwoParts([(byte)'{', (byte)'}']);

/// <summary>A body of which the second half comes only when a test says so.</summary>
internal class StreamInTwoParts(byte[] bytes) : MemoryStream(bytes)
{
    private readonly TaskCompletionSource _firstPartRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task FirstPartRead => _firstPartRead.Task;

    public void Release() => _released.SetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var half = (int)Length / 2;
        if (Position < half)
            return Read(buffer.Span[..Math.Min(buffer.Length, half - (int)Position)]);

        _firstPartRead.TrySetResult();
        await _released.Task.WaitAsync(cancellationToken);
        return Read(buffer.Span);
    }

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        var buffer = new byte[bufferSize];
        while (await ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            await destination.FlushAsync(cancellationToken);
        }
    }
}
