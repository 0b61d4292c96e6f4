using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Validates Ingresses that have TLS but also answer plain HTTP; ingress-tls-required reports hosts without TLS. Global settings of a
/// controller are not visible here.
/// </summary>
public sealed class IngressPlainHttp() : ValidationRule<Ingress>(
    "ingress-plain-http",
    "An Ingress with TLS answers plain HTTP with a redirect, or not at all.",
    "A certificate does not protect a client that connects without it. The page, the login form and the cookie cross the network as plain text.",
    Enforcement.Warn)
{
    private static readonly Parameter<IngressController?> Assumed = Parameter.OptionalController(
        "assumedController", "The controller of Ingresses whose class does not show one. On GKE, gce serves an Ingress without a class.");

    private static readonly Parameter<ImmutableArray<string>> EntryPoints = Parameter.TextList(
        "plainEntryPoints", ["web", "http"], "The names of Traefik entry points without TLS.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Assumed, EntryPoints];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var (controller, doubt) = ServingController.Of(ingress, context.Cluster);
        var found = doubt ?? ((controller ?? context.Parameters.Get(Assumed)) is { } serving ? Find(serving, ingress, context) : null);
        return found is null ? [] : [found];
    }

    private static Violation? Find(IngressController controller, Ingress ingress, RuleContext context) =>
        PlainHttp.Of(controller, ingress, context.Parameters.Get(EntryPoints)) is not var (annotation, remedy) ? null : new(
            HostAlias.FieldOf(annotation),
            $"{(ingress.Metadata.Annotations[annotation] is { } value ? $"\"{value}\" lets {controller.Name} answer" : $"is required; without it {controller.Name} answers")} plain HTTP",
            remedy);
}
