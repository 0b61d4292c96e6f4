using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>What is spoken between a controller and a backend, as far as a wrong choice breaks it.</summary>
/// <param name="IsEncrypted">Whether inside TLS; null where it may be either.</param>
/// <param name="IsHttp2">Whether HTTP/2, which gRPC needs; null where it may be either.</param>
/// <param name="Name">As people call it.</param>
internal readonly record struct BackendProtocol(bool? IsEncrypted, bool? IsHttp2, string Name)
{
    public static BackendProtocol Http { get; } = new(false, false, "HTTP");

    public static BackendProtocol Https { get; } = new(true, false, "HTTPS");

    public static BackendProtocol H2c { get; } = new(false, true, "HTTP/2");

    public static BackendProtocol H2 { get; } = new(true, true, "HTTP/2 over TLS");

    /// <summary>
    /// What a port says of itself; null where it says nothing. The field counts before the name. A name that says gRPC does not say whether
    /// inside TLS, and one that says HTTP says next to nothing.
    /// </summary>
    public static BackendProtocol? SpokenAt(ServicePort port) => port.AppProtocol?.ToLowerInvariant() switch
    {
        "http" => new(false, null, "HTTP"),
        "https" => new(true, null, "HTTPS"),
        "grpc" => new(null, true, "gRPC"),
        "grpcs" => new(true, true, "gRPC over TLS"),
        "kubernetes.io/h2c" or "h2c" => new(false, true, "HTTP/2 without TLS"),
        null when IsNamed(port, "https") => new(true, null, "HTTPS"),
        null when IsNamed(port, "grpcs") => new(true, true, "gRPC over TLS"),
        null when IsNamed(port, "grpc") && !IsNamed(port, "grpc-web") => new(null, true, "gRPC"),
        _ => null,
    };

    /// <summary>Whether a controller that speaks this is understood by a port that speaks <paramref name="spoken"/>.</summary>
    public bool Suits(BackendProtocol spoken) => Agree(IsEncrypted, spoken.IsEncrypted) && Agree(IsHttp2, spoken.IsHttp2);

    private static bool Agree(bool? one, bool? other) => one is null || other is null || one == other;

    private static bool IsNamed(ServicePort port, string word) =>
        port.Name.StartsWith(word, StringComparison.Ordinal) && (port.Name.Length == word.Length || port.Name[word.Length] == '-');
}
