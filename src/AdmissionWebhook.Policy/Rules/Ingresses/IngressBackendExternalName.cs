using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Looks at the Service that is there now; service-external-name looks at what such a Service stands for.</summary>
public sealed class IngressBackendExternalName() : ValidationRule<Ingress>(
    "ingress-backend-external-name",
    "No backend of an Ingress is a Service that only stands for a DNS name.",
    "The controller then fetches whatever the name leads to, from its own place in the network: the name, or what DNS says of it, can change after everybody has looked.",
    Enforcement.Warn)
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "External names that may be used, each with the names below it.");

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
                yield return new(backend.Field / "service" / "name", $"Service \"{backend.ServiceName}\" stands for the name \"{found.ExternalName}\"", "Use a Service with pods or endpoints of its own") { RestsOn = [service.Reference] };
        }
    }

    private static bool IsAllowed(Host name, RuleContext context) => context.Parameters.Get(Allowed).Any(allowed => name.IsWithin(Host.Parse(allowed).Name));
}
