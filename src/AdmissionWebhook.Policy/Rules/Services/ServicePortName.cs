using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Some controllers ignore the case of appProtocol, so another case is at most a warning. The owner of a domain defines protocols with its prefix (<c>example.com/custom</c>). The rule
/// knows those of kubernetes.io.
/// </summary>
public sealed class ServicePortName() : ValidationRule<Service>(
    "service-port-name",
    "Every port of a Service has a name, and its appProtocol is one that meshes and Ingress controllers recognize.",
    "A name survives a change of number: backends that use it need no change. A mesh treats gRPC as bytes if it does not recognize the protocol.",
    Enforcement.Warn)
{
    private static readonly Parameter<bool> Names =
        Parameter.Flag("requireNames", true, "Whether the only port of a Service needs a name too. The API server always requires names for several ports.");

    private static readonly Parameter<bool> AppProtocols =
        Parameter.Flag("requireAppProtocol", false, "Whether every TCP port must set appProtocol.");

    private static readonly Parameter<ImmutableArray<string>> Patterns =
        Parameter.TextList("names", "Patterns of allowed port names, like http-*. If empty, any name is allowed.");

    private static readonly string[] Known =
    [
        "http", "https", "http2", "h2c", "grpc", "grpc-web", "ws", "wss", "tcp", "udp", "tls", "ssh", "smtp", "imap", "ldap", "ldaps", "dns", "mqtt", "amqp", "kafka", "mongo", "mysql", "postgresql",
        "redis", "kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss",
    ];

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Names, AppProtocols, Patterns];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (service.IsExternalName)
            yield break;

        var patterns = context.Parameters.Get(Patterns);
        foreach (var port in service.Ports)
        {
            if (port.Name.Length == 0 && (context.Parameters.Get(Names) || service.Ports.Length > 1))
                yield return new(port.At / "name", $"is required for port {port}", "Set a name like http");
            else if (port.Name.Length > 0 && !patterns.IsEmpty && !NamePattern.MatchesAny(patterns, port.Name))
                yield return new(port.At / "name", $"port name \"{port.Name}\" is not allowed", $"Use a name like {string.Join(" or ", patterns)}");

            if (port.AppProtocol is null && port.Protocol == "TCP" && context.Parameters.Get(AppProtocols))
                yield return new(port.At / "appProtocol", $"is required for port {port}", "Set the protocol, like http");
            else if (port.AppProtocol is { } protocol && !Known.Contains(protocol) && Misspelling(protocol) is { } meant)
                yield return new(port.At / "appProtocol", $"\"{protocol}\" is not supported by most controllers", $"Use {meant}") { IsAdvice = meant.Equals(protocol, StringComparison.OrdinalIgnoreCase) };
        }
    }

    /// <summary>IANA has thousands of names without a prefix, so only a name that nearly equals a known one is reported.</summary>
    private static string? Misspelling(string protocol) => protocol.ToLowerInvariant() is var lower && Known.Contains(lower) ? lower
        : protocol.Contains('/', StringComparison.Ordinal) ? protocol.StartsWith("kubernetes.io/", StringComparison.Ordinal) ? Spelling.Nearest(protocol, Known) ?? "kubernetes.io/h2c" : null
        : protocol.Length > 3 && Known.Any(known => known.Length > 3 && IsOneSlipFrom(known, protocol)) ? Spelling.Nearest(protocol, Known)
        : null;

    private static bool IsOneSlipFrom(string known, string written) => written.Length == known.Length && written.Order().SequenceEqual(known.Order());
}
