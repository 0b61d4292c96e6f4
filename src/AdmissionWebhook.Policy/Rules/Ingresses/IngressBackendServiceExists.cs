using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Says nothing about ports: a policy can soften a missing Service alone, for appliers that create everything at once.</summary>
public sealed class IngressBackendServiceExists() : ValidationRule<Ingress>(
    "ingress-backend-service-exists",
    "Every backend of an Ingress is a Service in its namespace, or another resource.",
    "A path to a Service that is not there answers 503 to every request, and nobody is told when it is created.")
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => context.Lookups.HasPlainBackends(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        foreach (var (backend, service) in context.Lookups.BackendsOf(ingress))
        {
            if (backend.IsResource || context.Cluster.IsAction(ingress, backend))
                continue;

            if (backend.ServiceName is null)
                yield return new(backend.Field, "names neither a Service nor another resource", "Set service.name and service.port");
            else if (service.IsUnknown)
                yield return Violation.Unchecked(backend.Field / "service" / "name", service.Reference);
            else if (service.IsMissing)
                yield return new(backend.Field / "service" / "name", $"there is no Service \"{backend.ServiceName}\" in namespace {ingress.Metadata.Namespace}", "Create it first, or correct the name") { RestsOn = [service.Reference] };
        }
    }
}
