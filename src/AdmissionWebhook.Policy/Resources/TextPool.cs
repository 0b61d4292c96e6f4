using System.Buffers.Binary;
using System.Text;

namespace AdmissionWebhook.Policy.Resources;

/// <summary>
/// Texts read a moment ago. Objects repeat each other: path types, protocols, classes, and a Service's name in every path to it. A text that is
/// still here is not made again, neither for a request nor for each of the tens of thousands of objects known.
/// </summary>
/// <remarks>Of a fixed size: what hashes to the same place takes it over, so that no sender can make it grow.</remarks>
internal static class TextPool
{
    private const int Places = 4096;
    private const int LongestText = 64;

    private static readonly string?[] Texts = new string?[Places];

    /// <summary>The text that these UTF-8 bytes spell.</summary>
    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > LongestText)
            return Encoding.UTF8.GetString(utf8);

        ref var place = ref Texts[Hash(utf8) % Places];
        return place is { } known && Ascii.Equals(utf8, known) ? known : place = Encoding.UTF8.GetString(utf8);
    }

    /// <summary>FNV-1a, eight bytes at a time. Texts made to collide only push each other out.</summary>
    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        const ulong Prime = 1099511628211;
        var hash = 14695981039346656037 ^ (ulong)utf8.Length;
        for (; utf8.Length >= sizeof(ulong); utf8 = utf8[sizeof(ulong)..])
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8)) * Prime;
        foreach (var one in utf8)
            hash = (hash ^ one) * Prime;
        return (uint)(hash >> 32);
    }
}
