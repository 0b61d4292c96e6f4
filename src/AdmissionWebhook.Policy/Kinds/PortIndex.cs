using AdmissionWebhook.Policy.Values;
namespace AdmissionWebhook.Policy.Kinds;

/// <summary>Ports of a Service by number and by name, for Services with many: each of a thousand backends asks for one. Of equal ones the first counts.</summary>
internal sealed class PortIndex
{
    private readonly Dictionary<int, ServicePort> _byNumber = [];
    private readonly Dictionary<string, ServicePort> _byName = [];

    public PortIndex(IEnumerable<ServicePort> ports)
    {
        foreach (var port in ports)
        {
            if (port.Port is { } number)
                _byNumber.TryAdd(number, port);
            if (port.Name.Length > 0)
                _byName.TryAdd(port.Name, port);
        }
    }

    /// <summary>The port that is meant, as <see cref="PortReference.Matches"/> decides; null where there is none.</summary>
    public ServicePort? Find(PortReference named) =>
        named.Number is { } number ? _byNumber.GetValueOrDefault(number) : named.Name is { Length: > 0 } name ? _byName.GetValueOrDefault(name) : null;
}
