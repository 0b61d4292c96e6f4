using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>An ExternalName Service is passed over: its ports mean nothing, and controllers disagree about them.</summary>
public sealed class IngressBackendPortExists() : ValidationRule<Ingress>(
    "ingress-backend-port-exists",
    "Every Service backend of an Ingress names a TCP port that the Service exposes.",
    "A path to a port that the Service does not expose answers 503 to every request.")
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => context.Lookups.HasPlainBackends(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        var judged = new Dictionary<Service, Exposed>();
        foreach (var (backend, service) in context.Lookups.BackendsOf(ingress))
        {
            if (context.Cluster.IsAction(ingress, backend))
                continue;

            if (service.IsUnknown)
                yield return Violation.Unchecked(backend.Field / "service" / "port", service.Reference);
            else if (service.Found is { IsExternalName: false } found && !found.ExposesTcp(backend.Port))
                yield return found.CountOf(Bound.Ports) > found.Ports.Length ? Violation.Unchecked(backend.Field / "service" / "port", service.Reference)
                    : (judged.TryGetValue(found, out var exposed) ? exposed : judged[found] = new(found)).Judge(backend) with { RestsOn = [service.Reference] };
        }
    }

    /// <summary>What a Service exposes, put into words once for all backends that miss it.</summary>
    private sealed class Exposed
    {
        private readonly string _service, _all, _usable, _remedy;
        private readonly PortIndex _ports;

        public Exposed(Service service)
        {
            var usable = service.Ports.Where(port => port.Protocol == "TCP").ToList();
            (_service, _ports, _all) = (service.Metadata.Name, new(service.Ports), ServicePort.List(service.Ports));
            _remedy = usable switch
            {
                [] => "Give the Service a TCP port",
                [{ Name: "" } only] => $"Use port {only.Port}",
                [var only] => $"Use port {only.Port} or name {only.Name}",
                _ => "Use one of these",
            };
            _usable = usable is [] ? _remedy : $"It exposes {ServicePort.List(usable)}. {_remedy}";
        }

        public Violation Judge(IngressBackend backend)
        {
            var at = backend.Field / "service" / "port";
            if (backend.Port.IsEmpty)
                return new(at, $"names no port of Service \"{_service}\"; it exposes {_all}", _remedy);

            var field = at / (backend.Port.Number is null ? "name" : "number");
            return _ports.Find(backend.Port) is { } other
                ? new(field, $"port {backend.Port} of Service \"{_service}\" is {other.Protocol}, and HTTP needs TCP", _usable)
                : new(field, $"Service \"{_service}\" has no port {backend.Port}; it exposes {_all}", _remedy);
        }
    }
}
