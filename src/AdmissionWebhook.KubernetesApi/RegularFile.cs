using System.Runtime.InteropServices;
using System.Text;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>
/// Reads files whose names come from people or from a checkout. A link in it can lead to an endless device or to a file of /proc,
/// and a file can be a pipe without a writer.
/// </summary>
public static partial class RegularFile
{
    /// <summary>
    /// The maximum bytes of a file, and the maximum characters of standard input: all manifests of a large cluster need less.
    /// </summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private const int TypeMask = 0xF000, Regular = 0x8000, Folder = 0x4000;

    /// <summary>The text of a file.</summary>
    /// <exception cref="IOException">The path does not exist, is not a regular file, is too large, or is unreadable.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not read the file.</exception>
    public static string ReadText(string path)
    {
        var length = LengthOf(path);
        if (length > MostBytes)
            throw TooLarge($"The file has {length} bytes");

        // Devices, pipes and empty files have no length. Only for these it asks the system for the type.
        if (length > 0)
            return File.ReadAllText(path);
        if (!MayBeRead(path))
            throw new IOException("It must be a regular file, not a pipe, a socket or a device. To read from a pipe, write - and redirect standard input.");

        // Files of /proc have no length either, and reading some of them blocks forever.
        if (length == 0)
            return "";

        using var reader = new StreamReader(path);
        return ReadToEnd(reader);
    }

    /// <summary>The complete text of a stream, such as standard input.</summary>
    /// <exception cref="IOException">The stream is too large or unreadable.</exception>
    public static string ReadToEnd(TextReader reader)
    {
        var (text, buffer) = (new StringBuilder(), new char[16 * 1024]);
        while (reader.Read(buffer) is var count and > 0)
        {
            if (text.Length + count > MostBytes)
                throw TooLarge("The input has more");
            text.Append(buffer, 0, count);
        }

        return text.ToString();
    }

    /// <summary>The length of the final target of a link.</summary>
    private static long LengthOf(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return file.Exists ? file.Length : -1;
    }

    private static IOException TooLarge(string found) => new($"{found}; the limit is {MostBytes >> 20} MiB. Split it.");

    /// <summary>
    /// Whether the file has an end. Reading a folder or a missing file reports its own error; <c>/dev/null</c> is a usual name for an empty file.
    /// </summary>
    private static bool MayBeRead(string path)
    {
        Span<int> status = stackalloc int[64];
        return OperatingSystem.IsWindows() || path == "/dev/null" || Stat(path, ref status[0]) != 0 || (status[1] & TypeMask) is Regular or Folder;
    }

    /// <summary>The runtime's own wrapper, because stat(2) has another layout on each system. Its result begins with flags and mode.</summary>
    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, ref int status);
}
