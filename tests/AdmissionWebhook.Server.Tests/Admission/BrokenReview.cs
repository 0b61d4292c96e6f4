using System.Text;
using System.Text.Json;

namespace AdmissionWebhook.Server.Tests.Admission;

/// <summary>A sample review with one to four things wrong with it; the same for the same seed.</summary>
internal static class BrokenReview
{
    private static readonly byte[][] Originals =
    [
        .. new[] { "denied", "allowed", "mutated", "delete" }.Select(name => Encoding.UTF8.GetBytes(Reviews.Sample(name))),
        Encoding.UTF8.GetBytes(Reviews.Of(Reviews.BadIngress, Reviews.GoodIngress, "UPDATE")),
        """
        {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
         "request": {"uid": "s", "kind": {"group": "", "version": "v1", "kind": "Service"}, "namespace": "shop", "operation": "CREATE",
           "object": {"metadata": {"name": "web", "labels": {"a": "b"}, "annotations": {"a/b": "c"}},
                      "spec": {"type": "NodePort", "externalIPs": ["1.2.3.4"], "ports": [{"name": "http", "port": 80, "nodePort": 30000, "targetPort": "x"}]}}}}
        """u8.ToArray(),
    ];

    private static readonly byte[][] HostileValues =
    [
        .. new[]
        {
            "null", "true", "0", "-0", "-1", "1.5", "1e999", "-1E+400", "2147483648", new string('9', 400), "\"\"", "\"x\"", "[]", "{}", "[null]", "{\"\":null}",
            """ "\ud800" """, """ "\udc00\ud800 x" """, """ "\u0000\u001f\u2028" """, """ {"\ud800": 1} """, """ {"a": 1, "a": {"a": 2}} """, "\"*\"", "\"*.\"", "\"...\"",
            new string('[', 20) + new string(']', 20), new string('[', 500) + new string(']', 500), string.Concat(Enumerable.Repeat("{\"a\":", 70)) + "1" + new string('}', 70),
            $"\"{new string('é', 3000)}\"", $"[{string.Join(',', Enumerable.Repeat("{}", 300))}]", "{\"name\": 1, \"number\": \"x\"}", "\"😀\"", "\"a\\/b~c\"",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly byte[][] NoUtf8 = [[0x80], [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]];

    public static byte[] Of(int seed)
    {
        var random = new Random(seed);
        var review = Pick(Originals, random);
        for (var faults = random.Next(1, 4); faults > 0 && IsJson(review); faults--)
            review = random.Next(2) == 0 ? ReplaceValue(review, random) : RepeatMember(review, random);

        return random.Next(10) switch
        {
            0 => review[..random.Next(review.Length)],
            1 => FlipBytes(review, random),
            2 => Splice(review, random.Next(review.Length), 0, Pick(NoUtf8, random)),
            3 => [.. review, .. Pick(HostileValues, random)],
            _ => review,
        };
    }

    private static byte[] ReplaceValue(byte[] review, Random random)
    {
        var (start, length) = Pick(PlacesOf(review, names: false), random);
        return Splice(review, start, length, Pick(HostileValues, random));
    }

    /// <summary>The same key once more, before or after the other, with another value.</summary>
    private static byte[] RepeatMember(byte[] review, Random random)
    {
        var (start, length) = Pick(PlacesOf(review, names: true), random);
        return Splice(review, start, 0, [.. review.AsSpan(start, length), (byte)':', .. Pick(HostileValues, random), (byte)',']);
    }

    private static byte[] FlipBytes(byte[] review, Random random)
    {
        var flipped = review.ToArray();
        for (var flips = random.Next(1, 6); flips > 0; flips--)
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    private static List<(int Start, int Length)> PlacesOf(byte[] review, bool names)
    {
        var places = new List<(int, int)>();
        var json = new Utf8JsonReader(review, new JsonReaderOptions { MaxDepth = 1000 });
        while (json.Read())
        {
            if (json.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject || (json.TokenType == JsonTokenType.PropertyName) != names)
                continue;

            var start = (int)json.TokenStartIndex;
            var value = json;
            if (!names)
                value.Skip();
            places.Add((start, (names ? start + json.ValueSpan.Length + 2 : (int)value.BytesConsumed) - start));
        }

        return places;
    }

    private static bool IsJson(byte[] review)
    {
        try
        {
            return PlacesOf(review, names: true).Count > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Splice(byte[] review, int start, int length, ReadOnlySpan<byte> with) => [.. review.AsSpan(0, start), .. with, .. review.AsSpan(start + length)];

    private static T Pick<T>(IReadOnlyList<T> from, Random random) => from[random.Next(from.Count)];
}
