using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Validates the Service as it is now; service-external-name validates the name of such a Service.</summary>
public sealed class IngressBackendExternalName() : ValidationRule<Ingress>(
    "ingress-backend-external-name",
    "No backend of an Ingress is a Service of type ExternalName.",
    "The controller fetches the external name from inside the cluster. The name, or its DNS record, can change after every review.",
    Enforcement.Warn)
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "External names that are allowed, each with its subdomains.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => context.Lookups.HasPlainBackends(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        foreach (var (backend, service) in context.Lookups.BackendsOf(ingress))
        {
            if (service.IsUnknown)
                yield return Violation.Unchecked(backend.Field / "service" / "name", service.Reference);
            else if (service.Found is { IsExternalName: true } found && !IsAllowed(Host.Parse(found.ExternalName), context))
                yield return new(backend.Field / "service" / "name", $"Service \"{backend.ServiceName}\" of type ExternalName is not allowed; it points to \"{found.ExternalName}\"", "Use a Service with its own pods or endpoints") { RestsOn = [service.Reference] };
        }
    }

    private static bool IsAllowed(Host name, RuleContext context) => context.Parameters.Get(Allowed).Any(allowed => name.IsWithin(Host.Parse(allowed).Name));
}
