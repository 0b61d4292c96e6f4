using System.Globalization;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Ports as policies write them: <c>443</c> or <c>8000-8999</c>, both ends included.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest.</param>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>The format of <see cref="Read"/>.</summary>
    internal const string Form = "[0-9]{1,5}(-[0-9]{1,5})?";

    /// <summary>Whether the range contains a port.</summary>
    public bool Contains(int port) => First <= port && port <= Last;

    /// <inheritdoc/>
    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";

    /// <summary>Null if it is neither a port nor a port range.</summary>
    internal static PortRange? Read(string text) => text.Split('-') switch
    {
        [var only] when ReadPort(only) is { } port => new(port, port),
        [var first, var last] when ReadPort(first) is { } low && ReadPort(last) is { } high && low <= high => new(low, high),
        _ => null,
    };

    private static int? ReadPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port : null;
}
