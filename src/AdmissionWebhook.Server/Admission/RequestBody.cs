using System.Buffers;
using System.IO.Pipelines;
using System.Numerics;
using AdmissionWebhook.Server.Callers;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// A whole body in one piece of pooled memory. It has its own limit: the limit of the listener would cut the connection before
/// a sender that is still sending sees the answer.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>Enough for nearly every review; only larger bodies count against the memory.</summary>
    private const int Small = 16 * 1024;

    private const int LargestPooled = 1024 * 1024;

    /// <summary>The bytes of a value beside its text: the header of an object, and its place in a list.</summary>
    private const int AroundValue = 96;

    private readonly Capacity _capacity;
    private readonly int _announced;
    private byte[] _bytes = [];
    private int _length, _reserved, _objects;
    private ComingBody? _coming;

    private RequestBody(Capacity capacity, long? announced)
    {
        _capacity = capacity;
        _announced = (int)Math.Min(announced ?? 0, capacity.LargestReview);
    }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Whether no memory was left for the body.</summary>
    public bool IsRefused { get; private set; }

    /// <exception cref="BadHttpRequestException">The body is too large, or ends too early.</exception>
    /// <exception cref="OperationCanceledException">The body does not arrive, or gave way to others.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, Capacity capacity, SourceAddress address, Deadline deadline)
    {
        var (reader, body) = (request.BodyReader, new RequestBody(capacity, request.ContentLength));
        try
        {
            while (true)
            {
                // Most bodies are complete already. Only an incomplete one takes a place, and it takes memory only with its first bytes.
                if (!reader.TryRead(out var read))
                {
                    body._coming ??= body.Await(address, deadline, reader);
                    read = await reader.ReadAsync();
                }

                bool fits;
                try
                {
                    fits = read.IsCanceled ? throw new OperationCanceledException() : body.TryAppend(read.Buffer);
                }
                finally
                {
                    reader.AdvanceTo(read.Buffer.End);
                }

                if (!fits)
                    throw new BadHttpRequestException($"The body is larger than {capacity.LargestReview} bytes.", StatusCodes.Status413PayloadTooLarge);
                if (read.IsCompleted || body.IsRefused)
                {
                    body.HasCome();
                    return body;
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Takes memory for the objects of the body.</summary>
    public async ValueTask<bool> TryReserveObjectsAsync(Deadline deadline)
    {
        if (_length <= Small)
            return true;

        // Texts take two bytes for each character, and every value in JSON has a comma or a brace.
        var size = (int)Math.Min(int.MaxValue, (2L * _length) + (AroundValue * ((long)Bytes.Count((byte)',') + Bytes.Count((byte)'{'))));
        if (!await _capacity.TryReserveObjectsAsync(size, deadline))
            return false;

        _objects = size;
        return true;
    }

    /// <summary>Releases the memory of the text; the objects keep theirs until the end.</summary>
    public void ReleaseBytes()
    {
        Return(_bytes);
        _capacity.Free(_reserved);
        (_bytes, _length, _reserved) = ([], 0, 0);
    }

    public void Dispose()
    {
        HasCome();
        ReleaseBytes();
        if (_objects > 0)
            _capacity.FreeObjects(_objects);
        _objects = 0;
    }

    private ComingBody Await(SourceAddress address, Deadline deadline, PipeReader reader)
    {
        var coming = _capacity.AwaitBody(address, deadline, reader.CancelPendingRead);
        coming.IsLarge = _reserved > 0;
        return coming;
    }

    private void HasCome()
    {
        if (_coming is { } coming)
            _capacity.HasCome(coming);
        _coming = null;
    }

    private bool TryAppend(ReadOnlySequence<byte> more)
    {
        if (more.Length > _capacity.LargestReview - _length)
            return false;

        var length = _length + (int)more.Length;
        if (_bytes.Length == 0 && length <= Small)
            _bytes = ArrayPool<byte>.Shared.Rent(Small);
        else if (length > _bytes.Length)
            Grow(Math.Max(length, length > LargestPooled && _announced > 0 ? _announced : Math.Min(_bytes.Length * 2, _capacity.LargestReview)));
        if (IsRefused)
            return true;

        more.CopyTo(_bytes.AsSpan(_length));
        _length = length;
        return true;
    }

    private void Grow(int needed)
    {
        // The pool rents arrays of this size.
        var size = needed > LargestPooled ? needed : (int)BitOperations.RoundUpToPowerOf2((uint)needed);
        IsRefused = !_capacity.TryReserve(size);
        if (IsRefused)
            return;

        if (_coming is { } coming)
            coming.IsLarge = true;
        var before = _reserved;
        _reserved += size;
        var larger = Rent(size);
        Bytes.CopyTo(larger);
        Return(_bytes);
        _capacity.Free(before);
        (_bytes, _reserved) = (larger, size);
    }

    /// <summary>The pool keeps returned arrays for each thread and processor: large ones would exceed the memory of a container.</summary>
    private static byte[] Rent(int size) => size > LargestPooled ? GC.AllocateUninitializedArray<byte>(size) : ArrayPool<byte>.Shared.Rent(size);

    private static void Return(byte[] bytes)
    {
        if (bytes.Length is > 0 and <= LargestPooled)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
