using System.Buffers;
using System.IO.Pipelines;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// A whole body in one piece of borrowed memory. It has its own limit, since the listener's would cut the connection before
/// a sender that is still busy sees the answer.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>API servers send no more than this: it is their own limit for a request, and a review holds an object twice at most.</summary>
    private const int MaxSize = 3 * 1024 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <exception cref="BadHttpRequestException">It is too large, or ends too early.</exception>
    public static async ValueTask<RequestBody> ReadAsync(PipeReader reader, Deadline deadline)
    {
        var body = new RequestBody();
        try
        {
            while (true)
            {
                if (!reader.TryRead(out var read))
                    read = await reader.ReadAsync(deadline.Token);
                var fits = body.TryAppend(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                if (!fits)
                    throw new BadHttpRequestException($"The body is larger than {MaxSize} bytes.", StatusCodes.Status413PayloadTooLarge);
                if (read.IsCompleted)
                    return body;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private bool TryAppend(ReadOnlySequence<byte> more)
    {
        if (more.Length > MaxSize - _length)
            return false;

        var length = _length + (int)more.Length;
        if (length > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, _bytes.Length * 2));
            Bytes.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        more.CopyTo(_bytes.AsSpan(_length));
        _length = length;
        return true;
    }
}
