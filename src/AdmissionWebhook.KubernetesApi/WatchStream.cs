using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>The events of a watch, one JSON object for each line.</summary>
internal static class WatchStream
{
    private static readonly byte[] InitialEventsEnd = "k8s.io/initial-events-end"u8.ToArray();

    public static async IAsyncEnumerable<WatchEvent<T>> ReadAsync<T>(Stream body, ReadObject<T> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var pipe = PipeReader.Create(body, new(bufferSize: 16 * 1024));
        while (true)
        {
            var arrived = await pipe.ReadAsync(cancellation);
            var rest = arrived.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                if (Read(rest.Slice(0, end), read) is { } happened)
                    yield return happened;
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            pipe.AdvanceTo(rest.Start, rest.End);
            if (arrived.IsCompleted)
                yield break;
        }
    }

    private static WatchEvent<T>? Read<T>(ReadOnlySequence<byte> line, ReadObject<T> read)
    {
        if (line.IsEmpty)
            return null;

        var bytes = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        var json = new Utf8JsonReader(bytes, ListPage.AnyDepth);
        var (type, item) = ("", default(Range));
        for (json.Read(); json.Read() && json.TokenType == JsonTokenType.PropertyName;)
        {
            var (isType, isObject) = (json.ValueTextEquals("type"u8), json.ValueTextEquals("object"u8));
            json.Read();
            var start = (int)json.TokenStartIndex;
            if (isType)
                type = json.GetString() ?? "";
            json.Skip();
            if (isObject)
                item = start..(int)json.BytesConsumed;
        }

        var found = bytes[item];
        if (type == "ERROR")
            throw ApiException.Read(found, HttpStatusCode.InternalServerError, null);

        var (version, endsInitialList) = ReadMetadata(found);
        return type switch
        {
            "ADDED" => new(WatchEventType.Added, read(found), version, false),
            "MODIFIED" => new(WatchEventType.Modified, read(found), version, false),
            "DELETED" => new(WatchEventType.Deleted, read(found), version, false),
            "BOOKMARK" => new(WatchEventType.Bookmark, default, version, endsInitialList),
            _ => null,
        };
    }

    private static (string ResourceVersion, bool EndsInitialList) ReadMetadata(ReadOnlySpan<byte> item)
    {
        var json = new Utf8JsonReader(item, ListPage.AnyDepth);
        var (version, endsInitialList) = ("", false);
        if (item.IsEmpty)
            return (version, endsInitialList);

        for (json.Read(); json.Read() && json.TokenType == JsonTokenType.PropertyName; json.Skip())
        {
            var isMetadata = json.ValueTextEquals("metadata"u8);
            json.Read();
            if (!isMetadata || json.TokenType != JsonTokenType.StartObject)
                continue;

            for (; json.Read() && json.TokenType == JsonTokenType.PropertyName; json.Skip())
            {
                var (isVersion, isAnnotations) = (json.ValueTextEquals("resourceVersion"u8), json.ValueTextEquals("annotations"u8));
                json.Read();
                if (isVersion && json.TokenType == JsonTokenType.String)
                    version = json.GetString()!;
                else if (isAnnotations && json.TokenType == JsonTokenType.StartObject)
                    endsInitialList = HasMark(ref json);
            }
        }

        return (version, endsInitialList);
    }

    private static bool HasMark(ref Utf8JsonReader json)
    {
        var found = false;
        for (; json.Read() && json.TokenType == JsonTokenType.PropertyName; json.Skip())
        {
            found |= json.ValueTextEquals(InitialEventsEnd);
            json.Read();
        }

        return found;
    }
}
