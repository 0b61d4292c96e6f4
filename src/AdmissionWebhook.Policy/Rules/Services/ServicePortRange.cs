using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>A port that is not set is in range. The ports of an ExternalName Service mean nothing.</summary>
public sealed class ServicePortRange() : ValidationRule<Service>(
    "service-port-range",
    "A Service uses only ports in the ranges that the policy allows.",
    "Firewalls, meshes and network policies are written for known ports. They block every other port, or let it through unchecked.")
{
    private static readonly Parameter<ImmutableArray<PortRange>> Ports =
        Parameter.Ports("ports", "The ports that clients may connect to. If empty, all ports are allowed.");

    private static readonly Parameter<ImmutableArray<PortRange>> NodePorts =
        Parameter.Ports("nodePorts", "The ports that may be open on nodes. If empty, all ports are allowed.");

    private static readonly Parameter<ImmutableArray<PortRange>> TargetPorts =
        Parameter.Ports("targetPorts", "The ports of pods that a Service may use. If empty, all ports are allowed. The rule does not check a target port with a name.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Ports, NodePorts, TargetPorts];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (service.IsExternalName)
            yield break;

        var (ports, nodePorts, targetPorts) = (context.Parameters.Get(Ports), context.Parameters.Get(NodePorts), context.Parameters.Get(TargetPorts));
        foreach (var port in service.Ports)
        {
            if (IsOutside(port.Port, ports))
                yield return Judge(port.At / "port", "port", port.Port, ports);
            if (IsOutside(port.NodePort, nodePorts))
                yield return Judge(port.At / "nodePort", "node port", port.NodePort, nodePorts);
            if (IsOutside(port.TargetPort is { } target ? target.Number : port.Port, targetPorts))
                yield return Judge(port.At / "targetPort", "target port", port.TargetPort?.Number ?? port.Port, targetPorts);
        }
    }

    private static bool IsOutside(int? port, ImmutableArray<PortRange> ranges)
    {
        if (port is not { } number || ranges.IsEmpty)
            return false;

        foreach (var range in ranges)
        {
            if (range.Contains(number))
                return false;
        }

        return true;
    }

    private static Violation Judge(FieldPath at, string what, int? port, ImmutableArray<PortRange> ranges) =>
        new(at, $"{what} {port} is not allowed", $"Use one of {string.Join(", ", ranges)}");
}
