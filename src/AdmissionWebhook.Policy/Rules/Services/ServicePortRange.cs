using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>A port that nobody wrote is not out of any range, and an ExternalName Service has ports that mean nothing.</summary>
public sealed class ServicePortRange() : ValidationRule<Service>(
    "service-port-range",
    "A Service uses only ports of the ranges that the organisation chose.",
    "Firewalls, meshes and network policies are written for known ports; what listens elsewhere is let through by none of them, or by all.")
{
    private static readonly Parameter<ImmutableArray<PortRange>> Ports =
        Parameter.Ports("ports", "The ports that clients may connect to; empty for all.");

    private static readonly Parameter<ImmutableArray<PortRange>> NodePorts =
        Parameter.Ports("nodePorts", "The ports that may be opened on nodes; empty for all.");

    private static readonly Parameter<ImmutableArray<PortRange>> TargetPorts =
        Parameter.Ports("targetPorts", "The ports of pods that may be reached; empty for all. A target port with a name is left to the pod.");

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
        new(at, $"{what} {port} may not be used", $"Use one of {string.Join(", ", ranges)}");
}
