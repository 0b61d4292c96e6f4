using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Reports nothing if the port does not state its protocol or the controller is unknown.</summary>
public sealed class IngressBackendProtocol() : ValidationRule<Ingress>(
    "ingress-backend-protocol",
    "The controller of an Ingress uses the protocol that the port of the Service states.",
    "A backend that expects TLS or gRPC answers plain HTTP with an error. Every request gets a 502 or a 400, although the pods are healthy.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => context.Lookups.HasPlainBackends(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        var (controller, doubt) = ServingController.Of(ingress, context.Cluster);
        return doubt is not null ? [doubt] : controller is not null ? FindAt(controller, ingress, context) : [];
    }

    private static IEnumerable<Violation> FindAt(IngressController controller, Ingress ingress, RuleContext context)
    {
        var lists = new AnnotationLists();
        foreach (var (backend, service) in context.Lookups.BackendsOf(ingress))
        {
            if (service.IsUnknown)
                yield return Violation.Unchecked(backend.Field / "service" / "port", service.Reference);
            else if (service.Found is { IsExternalName: false } found && Judge(controller, ingress, backend, found, lists) is { } violation)
                yield return violation with { RestsOn = [service.Reference] };
        }
    }

    private static Violation? Judge(IngressController controller, Ingress ingress, IngressBackend backend, Service service, AnnotationLists lists)
    {
        if (service.FindTcpPort(backend.Port) is not { } port || BackendProtocol.SpokenAt(port) is not { } spoken)
            return null;

        var (told, remedy) = ControllerProtocol.Of(controller, ingress, service, port, spoken, lists);
        return told is null || told.Value.Suits(spoken)
            ? null
            : new(backend.Field / "service" / "port", $"port {port} of Service \"{service.Metadata.Name}\" speaks {spoken.Name}, but {controller.Name} speaks {told.Value.Name} to it", remedy);
    }
}
