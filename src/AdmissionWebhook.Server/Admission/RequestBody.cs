using System.Buffers;
using System.IO.Pipelines;
using System.Numerics;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// A whole body in one piece of borrowed memory. It has its own limit, since the listener's would cut the connection before
/// a sender that is still busy sees the answer.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>Enough for nearly every review; what goes beyond is counted.</summary>
    private const int Small = 16 * 1024;

    private const int LargestPooled = 1024 * 1024;

    private readonly Capacity _capacity;
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Small);
    private int _length, _reserved;

    private RequestBody(Capacity capacity) => _capacity = capacity;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Whether there was no memory left for it.</summary>
    public bool IsRefused { get; private set; }

    /// <exception cref="BadHttpRequestException">It is too large, or ends too early.</exception>
    public static async ValueTask<RequestBody> ReadAsync(PipeReader reader, Capacity capacity, Deadline deadline)
    {
        var body = new RequestBody(capacity);
        try
        {
            while (true)
            {
                if (!reader.TryRead(out var read))
                    read = await reader.ReadAsync(deadline.Token);
                bool fits;
                try
                {
                    fits = body.TryAppend(read.Buffer);
                }
                finally
                {
                    reader.AdvanceTo(read.Buffer.End);
                }

                if (!fits)
                    throw new BadHttpRequestException($"The body is larger than {capacity.LargestReview} bytes.", StatusCodes.Status413PayloadTooLarge);
                if (read.IsCompleted || body.IsRefused)
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
        Return(_bytes);
        _capacity.Free(_reserved);
        (_bytes, _reserved) = ([], 0);
    }

    private bool TryAppend(ReadOnlySequence<byte> more)
    {
        if (more.Length > _capacity.LargestReview - _length)
            return false;

        var length = _length + (int)more.Length;
        if (length > _bytes.Length)
            Grow(Math.Max(length, Math.Min(_bytes.Length * 2, _capacity.LargestReview)));
        if (IsRefused)
            return true;

        more.CopyTo(_bytes.AsSpan(_length));
        _length = length;
        return true;
    }

    private void Grow(int needed)
    {
        // What the pool rents out is as large as that.
        var size = needed > LargestPooled ? needed : (int)BitOperations.RoundUpToPowerOf2((uint)needed);
        IsRefused = !_capacity.TryReserve(size);
        if (IsRefused)
            return;

        var before = _reserved;
        _reserved += size;
        var larger = Rent(size);
        Bytes.CopyTo(larger);
        Return(_bytes);
        _capacity.Free(before);
        (_bytes, _reserved) = (larger, size);
    }

    /// <summary>The pool keeps what it gets back, for each thread and for each processor: of large arrays more than a container has.</summary>
    private static byte[] Rent(int size) => size > LargestPooled ? GC.AllocateUninitializedArray<byte>(size) : ArrayPool<byte>.Shared.Rent(size);

    private static void Return(byte[] bytes)
    {
        if (bytes.Length <= LargestPooled)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
