using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>core/v1 Service.</summary>
public sealed class Service : KubernetesObject
{
    /// <summary>ClusterIP, NodePort, LoadBalancer or ExternalName; ClusterIP where none is written.</summary>
    public string Type { get; private init; } = "ClusterIP";

    /// <summary>spec.ports.</summary>
    public ImmutableArray<ServicePort> Ports { get; private init; } = [];

    /// <summary>spec.externalIPs.</summary>
    public ImmutableArray<string> ExternalIPs { get; private init; } = [];

    /// <summary>spec.externalName; only an ExternalName Service uses it.</summary>
    public string? ExternalName { get; private init; }

    /// <summary>spec.loadBalancerClass.</summary>
    public string? LoadBalancerClass { get; private init; }

    /// <summary>spec.allocateLoadBalancerNodePorts: the API server writes true into every LoadBalancer that leaves it out, before admission.</summary>
    public bool? AllocateLoadBalancerNodePorts { get; private init; }

    /// <summary>
    /// spec.healthCheckNodePort: the API server chooses one for a LoadBalancer that keeps traffic on its node and names none, before admission. Null where
    /// there is none.
    /// </summary>
    public int? HealthCheckNodePort { get; private init; }

    /// <summary>spec.selector; empty if others write the endpoints.</summary>
    public TextMap Selector { get; private init; } = TextMap.Empty;

    /// <summary>spec.loadBalancerIP: deprecated, and still obeyed.</summary>
    public string? LoadBalancerIP { get; private init; }

    /// <summary>spec.loadBalancerSourceRanges.</summary>
    public ImmutableArray<string> LoadBalancerSourceRanges { get; private init; } = [];

    /// <summary>The IP addresses of status.loadBalancer.ingress: every node sends traffic for them to the Service.</summary>
    public ImmutableArray<string> StatusAddresses { get; private init; } = [];

    /// <summary>Whether it has no address of its own, and its DNS name leads to the pods (<c>clusterIP: None</c>).</summary>
    public bool IsHeadless { get; private init; }

    /// <summary>Whether traffic comes in through spec.type LoadBalancer.</summary>
    public bool IsLoadBalancer => Type == "LoadBalancer";

    /// <summary>Whether it is only a DNS alias, whose ports mean nothing.</summary>
    public bool IsExternalName => Type == "ExternalName";

    private const int FewPorts = 16;

    private PortIndex? _tcpPorts;

    /// <summary>Whether a TCP port of it is the one that a backend names.</summary>
    public bool ExposesTcp(PortReference named) => FindTcpPort(named) is not null;

    /// <summary>The TCP port of it that a backend names; null where it has none.</summary>
    public ServicePort? FindTcpPort(PortReference named)
    {
        if (Ports.Length > FewPorts)
            return (_tcpPorts ??= new(Ports.Where(port => port.Protocol == "TCP"))).Find(named);

        foreach (var port in Ports)
        {
            if (port.Protocol == "TCP" && named.Matches(port.Port, port.Name))
                return port;
        }

        return null;
    }

    /// <inheritdoc/>
    public override int Size => base.Size + (Ports.Length * 100) + (Selector.Entries.Length * 250) + (Measure(Bound.Addresses) * 80) + (2 * Metadata.CountTextBytes());

    /// <inheritdoc/>
    public override KubernetesObject ToStub() => new Service { Type = Type }.AsStubOf(this, Bound.Ports, Bound.SelectorEntries, Bound.Addresses);

    private protected override int Measure(Bound bound) =>
        bound == Bound.Ports ? Ports.Length
        : bound == Bound.SelectorEntries ? Selector.Entries.Length
        : bound == Bound.Addresses ? ExternalIPs.Length + LoadBalancerSourceRanges.Length + StatusAddresses.Length
        : base.Measure(bound);

    internal static Service Read(ref ObjectReader json)
    {
        var metadata = ObjectMeta.Empty;
        string? type = null, externalName = null, loadBalancerClass = null, loadBalancerIP = null, clusterIP = null;
        var selector = TextMap.Empty;
        ImmutableArray<ServicePort> ports = [];
        ImmutableArray<string> externalIPs = [], sourceRanges = [], statusAddresses = [];
        bool? allocate = null;
        int? healthCheck = null;

        if (!json.Begin())
            return new();

        while (json.NextField())
        {
            if (json.Is("metadata"u8))
            {
                metadata = ObjectMeta.Read(ref json);
            }
            else if (json.Is("spec"u8) && json.Begin())
            {
                while (json.NextField())
                {
                    if (json.Is("type"u8))
                        type = json.Text();
                    else if (json.Is("ports"u8))
                        ports = json.List(ServicePort.Read, Bound.Ports);
                    else if (json.Is("externalIPs"u8))
                        externalIPs = json.TextList(Bound.Addresses);
                    else if (json.Is("externalName"u8))
                        externalName = json.Text();
                    else if (json.Is("selector"u8))
                        selector = json.Map(Bound.SelectorEntries);
                    else if (json.Is("clusterIP"u8))
                        clusterIP = json.Text();
                    else if (json.Is("loadBalancerIP"u8))
                        loadBalancerIP = json.Text();
                    else if (json.Is("loadBalancerSourceRanges"u8))
                        sourceRanges = json.TextList(Bound.Addresses);
                    else if (json.Is("loadBalancerClass"u8))
                        loadBalancerClass = json.Text();
                    else if (json.Is("allocateLoadBalancerNodePorts"u8))
                        allocate = json.Flag();
                    else if (json.Is("healthCheckNodePort"u8))
                        healthCheck = json.Integer();
                    else
                        json.Skip();
                }
            }
            else if (json.Is("status"u8) && json.Begin())
            {
                statusAddresses = ReadStatus(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return new()
        {
            Metadata = metadata,
            Type = string.IsNullOrEmpty(type) ? "ClusterIP" : type,
            Ports = ports,
            ExternalIPs = externalIPs,
            ExternalName = externalName,
            LoadBalancerClass = loadBalancerClass,
            AllocateLoadBalancerNodePorts = allocate,
            HealthCheckNodePort = healthCheck is 0 ? null : healthCheck,
            Selector = selector,
            LoadBalancerIP = string.IsNullOrEmpty(loadBalancerIP) ? null : loadBalancerIP,
            LoadBalancerSourceRanges = sourceRanges,
            IsHeadless = clusterIP == "None",
            StatusAddresses = statusAddresses,
        };
    }

    private static ImmutableArray<string> ReadStatus(ref ObjectReader json)
    {
        ImmutableArray<string> addresses = [];
        while (json.NextField())
        {
            if (!json.Is("loadBalancer"u8) || !json.Begin())
            {
                json.Skip();
                continue;
            }

            while (json.NextField())
            {
                if (json.Is("ingress"u8))
                    addresses = json.List(ReadAddress, Bound.Addresses);
                else
                    json.Skip();
            }
        }

        return addresses;
    }

    /// <summary>Empty where there is a host name instead, so that the others keep their index.</summary>
    private static string ReadAddress(ref ObjectReader json, int index)
    {
        string? ip = null;
        while (json.NextField())
        {
            if (json.Is("ip"u8))
                ip = json.Text();
            else
                json.Skip();
        }

        return ip ?? "";
    }
}

/// <summary>One of spec.ports.</summary>
/// <param name="Index">Where it stands in the list.</param>
/// <param name="Name">Empty for the only port of a Service.</param>
/// <param name="Port">The number clients connect to.</param>
/// <param name="Protocol">TCP where none is written.</param>
/// <param name="NodePort">The port on every node, or null.</param>
public sealed record ServicePort(int Index, string Name, int? Port, string Protocol, int? NodePort)
{
    private const int MostNamed = 10;

    /// <summary>The pods' port: a number, or the name that a container gives one; null where it is <see cref="Port"/>.</summary>
    public PortReference? TargetPort { get; private init; }

    /// <summary>The protocol of the port: <c>http</c>, <c>kubernetes.io/h2c</c>. Null if it is not set.</summary>
    public string? AppProtocol { get; private init; }

    /// <summary>Where it stands in the Service.</summary>
    public FieldPath At => FieldPath.Spec / "ports" / Index;

    /// <summary>The ports as a message lists them: <c>80 (http), 443 (https) and 5 more</c>; <c>none</c> where there are none.</summary>
    internal static string List(IReadOnlyCollection<ServicePort> ports) => ports.Count switch
    {
        0 => "none",
        <= MostNamed => string.Join(", ", ports),
        _ => $"{string.Join(", ", ports.Take(MostNamed))} and {ports.Count - MostNamed} more",
    };

    /// <summary><c>80 (http)</c>, with the protocol where it is not TCP.</summary>
    public override string ToString() => (Name, Protocol) switch
    {
        ("", "TCP") => $"{Port}",
        ("", _) => $"{Port}/{Protocol}",
        (_, "TCP") => $"{Port} ({Name})",
        _ => $"{Port}/{Protocol} ({Name})",
    };

    internal static ServicePort Read(ref ObjectReader json, int index)
    {
        string? name = null, protocol = null, appProtocol = null;
        int? port = null, nodePort = null;
        PortReference? targetPort = null;

        while (json.NextField())
        {
            if (json.Is("name"u8))
                name = json.Text();
            else if (json.Is("port"u8))
                port = json.Integer();
            else if (json.Is("protocol"u8))
                protocol = json.Text();
            else if (json.Is("nodePort"u8))
                nodePort = json.Integer();
            else if (json.Is("targetPort"u8))
                targetPort = json.NumberOrName();
            else if (json.Is("appProtocol"u8))
                appProtocol = json.Text();
            else
                json.Skip();
        }

        return new(index, name ?? "", port, string.IsNullOrEmpty(protocol) ? "TCP" : protocol, nodePort is 0 ? null : nodePort)
        {
            TargetPort = targetPort is { IsEmpty: true } or { Number: 0 } ? null : targetPort,
            AppProtocol = string.IsNullOrEmpty(appProtocol) ? null : appProtocol,
        };
    }
}
