using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>One page of a list, read item by item as it arrives.</summary>
/// <param name="ResourceVersion">The version of the collection.</param>
/// <param name="Continue">The token of the next page; empty for the last page.</param>
internal sealed record ListPage(string ResourceVersion, string Continue)
{
    /// <summary>Accepts any nesting depth, so one deep object does not affect others; the reader of the object rejects it.</summary>
    internal static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private const int ItemDepth = 2;

    public static async Task<ListPage> ReadAsync<T>(Stream body, ReadObject<T> read, Action<T> add, CancellationToken cancellation)
    {
        var pipe = PipeReader.Create(body, new(bufferSize: 64 * 1024, minimumReadSize: 16 * 1024));
        var (page, state) = (new ListPage("", ""), new JsonReaderState(AnyDepth));
        while (true)
        {
            var arrived = await pipe.ReadAsync(cancellation);
            var consumed = Take(arrived.Buffer, arrived.IsCompleted, read, add, ref state, ref page);
            pipe.AdvanceTo(consumed, arrived.Buffer.End);
            if (arrived.IsCompleted)
                return page;
        }
    }

    /// <summary>Reads all complete tokens and items.</summary>
    private static SequencePosition Take<T>(ReadOnlySequence<byte> buffer, bool isLast, ReadObject<T> read, Action<T> add, ref JsonReaderState state, ref ListPage page)
    {
        var json = new Utf8JsonReader(buffer, isLast, state);
        var done = json;
        while (json.Read())
        {
            if (json.CurrentDepth == ItemDepth && json.TokenType == JsonTokenType.StartObject)
            {
                var start = json.TokenStartIndex;
                if (!json.TrySkip())
                    break;
                add(ReadItem(buffer.Slice(start, json.BytesConsumed - start), read));
            }
            else if (json.CurrentDepth == ItemDepth && json.TokenType == JsonTokenType.PropertyName)
            {
                var (isVersion, isContinue) = (json.ValueTextEquals("resourceVersion"u8), json.ValueTextEquals("continue"u8));
                if (!json.Read() || !json.TrySkip())
                    break;
                if (isVersion && json.TokenType == JsonTokenType.String)
                    page = page with { ResourceVersion = json.GetString()! };
                else if (isContinue && json.TokenType == JsonTokenType.String)
                    page = page with { Continue = json.GetString()! };
            }

            done = json;
        }

        state = done.CurrentState;
        return done.Position;
    }

    private static T ReadItem<T>(ReadOnlySequence<byte> item, ReadObject<T> read)
    {
        if (item.IsSingleSegment)
            return read(item.FirstSpan);

        var copy = ArrayPool<byte>.Shared.Rent((int)item.Length);
        item.CopyTo(copy);
        var result = read(copy.AsSpan(0, (int)item.Length));
        ArrayPool<byte>.Shared.Return(copy);
        return result;
    }
}
