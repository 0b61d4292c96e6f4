using System.Net.Sockets;

namespace AdmissionWebhook.TestSupport;

/// <summary>Ports for programs that have to be told theirs.</summary>
public static class FreePort
{
    private const int First = 20_000;

    // Linux gives ports from here on to whoever asks for any: what is told to a program could be somebody else's by the time the program listens.
    private const int End = 32_768;

    private static int _last = Random.Shared.Next(End - First);

    /// <summary>A port that nobody listens on and that this process has not given out lately.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % (End - First));
            try
            {
                using var listener = TcpListener.Create(port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
            }
        }
    }
}
