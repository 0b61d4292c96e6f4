using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace AdmissionWebhook.Policy.Values;

/// <summary>
/// Texts read a moment ago. Objects repeat each other: path types, protocols, classes, and a Service's name in every path to it. A text that is
/// still here is not made again, neither for a request nor for each of the tens of thousands of objects known.
/// </summary>
/// <remarks>Of a fixed size: what hashes to the same place takes it over, so that no sender can make it grow.</remarks>
internal static class TextPool
{
    private const int PlaceBits = 12;
    private const int LongestText = 64;

    private static readonly string?[] Texts = new string?[1 << PlaceBits];

    /// <summary>The text that these UTF-8 bytes spell.</summary>
    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > LongestText)
            return Encoding.UTF8.GetString(utf8);

        ref var place = ref Texts[PlaceOf(utf8)];
        return place is { } known && Ascii.Equals(utf8, known) ? known : place = Encoding.UTF8.GetString(utf8);
    }

    /// <summary>
    /// FxHash of rustc: eight bytes at a time, the last eight once more where they begin in the middle, and of shorter texts the first and the last four. Texts made to
    /// collide only push each other out.
    /// </summary>
    private static int PlaceOf(ReadOnlySpan<byte> utf8)
    {
        const ulong Multiplier = 0x517cc1b727220a95;
        var hash = (ulong)utf8.Length * Multiplier;
        if (utf8.Length < sizeof(uint))
        {
            foreach (var one in utf8)
                Mix(one);
        }
        else if (utf8.Length < sizeof(ulong))
        {
            Mix(((ulong)BinaryPrimitives.ReadUInt32LittleEndian(utf8) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(utf8[^sizeof(uint)..]));
        }
        else
        {
            for (var rest = utf8; rest.Length > sizeof(ulong); rest = rest[sizeof(ulong)..])
                Mix(BinaryPrimitives.ReadUInt64LittleEndian(rest));
            Mix(BinaryPrimitives.ReadUInt64LittleEndian(utf8[^sizeof(ulong)..]));
        }

        return (int)(hash >> (64 - PlaceBits));

        void Mix(ulong more) => hash = (BitOperations.RotateLeft(hash, 5) ^ more) * Multiplier;
    }
}
