using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Skips an ExternalName Service: its ports mean nothing, and controllers treat them differently.</summary>
public sealed class IngressBackendPortExists() : ValidationRule<Ingress>(
    "ingress-backend-port-exists",
    "Every Service backend of an Ingress names a TCP port that the Service exposes.",
    "The controller answers 503 to every request for a path whose port the Service does not expose.")
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => context.Lookups.HasPlainBackends(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        if (context.Cluster.IsRedirected(ingress))
            yield break;

        var mayBeRedirected = context.Cluster.MayBeRedirected(ingress);
        var judged = new Dictionary<Service, Exposed>();
        foreach (var (backend, service) in context.Lookups.BackendsOf(ingress))
        {
            if (context.Cluster.IsAction(ingress, backend))
                continue;

            if (service.IsUnknown)
                yield return Violation.Unchecked(backend.Field / "service" / "port", service.Reference);
            else if (service.Found is { IsExternalName: false } found && !found.ExposesTcp(backend.Port))
                yield return found.CountOf(Bound.Ports) > found.Ports.Length ? Violation.Unchecked(backend.Field / "service" / "port", service.Reference)
                    : (judged.TryGetValue(found, out var exposed) ? exposed : judged[found] = new(found)).Judge(backend) with { RestsOn = [service.Reference], IsAdvice = mayBeRedirected };
        }
    }

    /// <summary>The text about what a Service exposes, built once for all its wrong backends.</summary>
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
                _ => "Use one of these ports",
            };
            _usable = usable is [] ? _remedy : $"It exposes {ServicePort.List(usable)}. {_remedy}";
        }

        public Violation Judge(IngressBackend backend)
        {
            var at = backend.Field / "service" / "port";
            if (backend.Port.IsEmpty)
                return new(at, $"is required; Service \"{_service}\" exposes {_all}", _remedy);

            var field = at / (backend.Port.Number is null ? "name" : "number");
            return _ports.Find(backend.Port) is { } other
                ? new(field, $"port {backend.Port} of Service \"{_service}\" uses {other.Protocol}, but HTTP requires TCP", _usable)
                : new(field, $"Service \"{_service}\" has no port {backend.Port}; it exposes {_all}", _remedy);
        }
    }
}
