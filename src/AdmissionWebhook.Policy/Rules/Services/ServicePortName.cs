using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>A protocol with a domain in front (<c>example.com/custom</c>) is its owner's to spell; those of kubernetes.io are known.</summary>
public sealed class ServicePortName() : ValidationRule<Service>(
    "service-port-name",
    "Every port of a Service has a name and speaks a protocol that is spelled as meshes and Ingress controllers read it.",
    "A name survives a new number: backends that use it need no change. And a protocol that nobody reads makes a mesh treat gRPC as bytes.",
    Enforcement.Warn)
{
    private static readonly Parameter<bool> Names =
        Parameter.Flag("requireNames", true, "Whether a Service's only port needs a name too; of several the API server asks it anyway.");

    private static readonly Parameter<bool> AppProtocols =
        Parameter.Flag("requireAppProtocol", false, "Whether every TCP port has to say its appProtocol.");

    private static readonly Parameter<ImmutableArray<string>> Patterns =
        Parameter.TextList("names", "Patterns of the names that ports may have, like http-*; empty for any.");

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
                yield return new(port.At / "name", $"port {port} has no name", "Name it, like http");
            else if (port.Name.Length > 0 && !patterns.IsEmpty && !NamePattern.MatchesAny(patterns, port.Name))
                yield return new(port.At / "name", $"a port may not be named \"{port.Name}\"", $"Use a name like {string.Join(" or ", patterns)}");

            if (port.AppProtocol is null && port.Protocol == "TCP" && context.Parameters.Get(AppProtocols))
                yield return new(port.At / "appProtocol", $"port {port} does not say what it speaks", "Set it, to http for one");
            else if (port.AppProtocol is { } protocol && !Known.Contains(protocol) && Misspelling(protocol) is { } meant)
                yield return new(port.At / "appProtocol", $"\"{protocol}\" is read by some controllers at most", $"did you mean {meant}?");
        }
    }

    /// <summary>Unprefixed names are IANA's, of which there are thousands: only what is nearly a known one is a slip.</summary>
    private static string? Misspelling(string protocol) => protocol.ToLowerInvariant() is var lower && Known.Contains(lower) ? lower
        : protocol.Contains('/', StringComparison.Ordinal) ? protocol.StartsWith("kubernetes.io/", StringComparison.Ordinal) ? Spelling.Nearest(protocol, Known) ?? "kubernetes.io/h2c" : null
        : protocol.Length > 3 && Known.Any(known => known.Length > 3 && IsOneSlipFrom(known, protocol)) ? Spelling.Nearest(protocol, Known)
        : null;

    private static bool IsOneSlipFrom(string known, string written) => written.Length == known.Length && written.Order().SequenceEqual(known.Order());
}
