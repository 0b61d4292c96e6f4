using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>An ExternalName Service is passed over: its ports mean nothing, and controllers disagree about them.</summary>
public sealed class IngressBackendPortExists() : ValidationRule<Ingress>(
    "ingress-backend-port-exists",
    "Every Service backend of an Ingress names a TCP port that the Service exposes.",
    "A path to a port that the Service does not expose answers 503 to every request.")
{
    private const int MostNamed = 10;

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => context.Lookups.HasPlainBackends(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        foreach (var (backend, service) in context.Lookups.BackendsOf(ingress))
        {
            if (AlbAction.Is(backend, ingress, context.Cluster))
                continue;

            if (service.IsUnknown)
                yield return Violation.Unchecked(backend.At / "service" / "port", service.Reference);
            else if (service.Found is { IsExternalName: false } found && !found.ExposesTcp(backend.Port))
                yield return found.CountOf(Bound.Ports) > found.Ports.Length ? Violation.Unchecked(backend.At / "service" / "port", service.Reference) : Judge(backend, found) with { RestsOn = [service.Reference] };
        }
    }

    private static Violation Judge(IngressBackend backend, Service service)
    {
        var at = backend.At / "service" / "port";
        var usable = service.Ports.Where(port => port.Protocol == "TCP").ToList();
        var remedy = usable switch
        {
            [] => "Give the Service a TCP port",
            [{ Name: "" } only] => $"Use port {only.Port}",
            [var only] => $"Use port {only.Port} or name {only.Name}",
            _ => "Use one of these",
        };

        if (backend.Port.IsEmpty)
            return new(at, $"names no port of Service \"{service.Metadata.Name}\"; it exposes {Join(service.Ports)}", remedy);

        var field = at / (backend.Port.Number is null ? "name" : "number");
        return service.Ports.FirstOrDefault(backend.Port.Matches) is { } other
            ? new(field, $"port {backend.Port} of Service \"{service.Metadata.Name}\" is {other.Protocol}, and HTTP needs TCP", usable is [] ? remedy : $"It exposes {Join(usable)}. {remedy}")
            : new(field, $"Service \"{service.Metadata.Name}\" has no port {backend.Port}; it exposes {Join(service.Ports)}", remedy);
    }

    private static string Join(IReadOnlyCollection<ServicePort> ports) => ports.Count switch
    {
        0 => "none",
        <= MostNamed => string.Join(", ", ports),
        _ => $"{string.Join(", ", ports.Take(MostNamed))} and {ports.Count - MostNamed} more",
    };
}
