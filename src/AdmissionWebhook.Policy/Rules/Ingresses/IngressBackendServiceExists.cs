using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Does not check ports. A policy can relax the check for a missing Service alone, for tools that create everything at once.</summary>
public sealed class IngressBackendServiceExists() : ValidationRule<Ingress>(
    "ingress-backend-service-exists",
    "Every backend of an Ingress is an existing Service in its namespace, or another resource.",
    "The controller answers 503 to every request for a path whose Service does not exist. Nothing reports this when the Ingress is created.")
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
        foreach (var (backend, service) in context.Lookups.BackendsOf(ingress))
        {
            if (backend.IsResource || context.Cluster.IsAction(ingress, backend))
                continue;

            if (backend.ServiceName is null)
                yield return new(backend.Field, "a Service or another resource is required", "Set service.name and service.port");
            else if (service.IsUnknown)
                yield return Violation.Unchecked(backend.Field / "service" / "name", service.Reference);
            else if (service.IsMissing)
                yield return new(backend.Field / "service" / "name", $"Service \"{backend.ServiceName}\" does not exist in namespace \"{ingress.Metadata.Namespace}\"", "Create the Service first, or correct the name") { RestsOn = [service.Reference], IsAdvice = mayBeRedirected };
        }
    }
}
