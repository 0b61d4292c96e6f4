using System.Runtime.InteropServices;
using System.Text;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>
/// Reads files whose names come from people or from a checkout. A link in it may lead to a device that never ends or to a file of /proc,
/// or a pipe may stand there to which nobody writes.
/// </summary>
public static partial class RegularFile
{
    /// <summary>
    /// The most bytes that a file may have, or the most characters of standard input: all manifests of a large cluster in one file take less.
    /// </summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private const int TypeMask = 0xF000, Regular = 0x8000, Folder = 0x4000;

    /// <summary>The text of a file.</summary>
    /// <exception cref="IOException">There is nothing at that path, it is not a regular file, it is too large, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading is not permitted.</exception>
    public static string ReadText(string path)
    {
        var length = LengthOf(path);
        if (length > MostBytes)
            throw TooLarge($"The file has {length} bytes");

        // Devices and pipes have no length. Nor have empty files, and only for what has none the system is asked once more.
        if (length > 0)
            return File.ReadAllText(path);
        if (!MayBeRead(path))
            throw new IOException("It must be a regular file, not a pipe, a socket or a device. To read from a pipe, write - and redirect standard input.");

        // Files of /proc have no length either, and some of them block whoever reads them for ever.
        if (length == 0)
            return "";

        using var reader = new StreamReader(path);
        return ReadToEnd(reader);
    }

    /// <summary>All of a stream of text, such as standard input.</summary>
    /// <exception cref="IOException">It is too large, or cannot be read.</exception>
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

    /// <summary>Of what a link leads to in the end.</summary>
    private static long LengthOf(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return file.Exists ? file.Length : -1;
    }

    private static IOException TooLarge(string found) => new($"{found}; the limit is {MostBytes >> 20} MiB. Split it.");

    /// <summary>
    /// Whether it ends. To read a folder, or what is not there, says itself what is wrong; <c>/dev/null</c> is how people say that there is nothing.
    /// </summary>
    private static bool MayBeRead(string path)
    {
        Span<int> status = stackalloc int[64];
        return OperatingSystem.IsWindows() || path == "/dev/null" || Stat(path, ref status[0]) != 0 || (status[1] & TypeMask) is Regular or Folder;
    }

    /// <summary>The runtime's own, since stat(2) is laid out differently on each system. What it fills in begins with flags and mode.</summary>
    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, ref int status);
}
