using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

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

    private static Violation? Find(IngressController controller, Ingress ingress, RuleContext context)
    {
        var hasTls = !ingress.Tls.IsEmpty;
        return controller.Id switch
        {
            "ingress-nginx" => hasTls && !GoText.IsTrue(Value("nginx.ingress.kubernetes.io/force-ssl-redirect")) ? IfFalse("nginx.ingress.kubernetes.io/ssl-redirect") : null,
            "nginx" => hasTls && !GoText.IsTrue(Value("nginx.org/redirect-to-https")) ? IfFalse("nginx.org/ssl-redirect") ?? IfFalse("ingress.kubernetes.io/ssl-redirect") : null,
            "haproxy" => hasTls ? IfFalse("haproxy.org/ssl-redirect") : null,
            "haproxy-ingress" => hasTls ? IfFalse("haproxy-ingress.github.io/ssl-redirect") : null,
            "traefik" => Traefik(),
            "contour" => hasTls && !GoText.IsTrue(Value("ingress.kubernetes.io/force-ssl-redirect")) && !GoText.IsFalse(Value("kubernetes.io/ingress.allow-http"))
                ? Served("ingress.kubernetes.io/force-ssl-redirect", "Set it to \"true\"") : null,
            "gce" => !GoText.IsFalse(Value("kubernetes.io/ingress.allow-http")) && Value("networking.gke.io/v1beta1.FrontendConfig") is null
                ? Served("kubernetes.io/ingress.allow-http", "Set it to \"false\", or redirect in a FrontendConfig") : null,
            "aws-load-balancer" => Aws(),
            "kong" => hasTls && Value("konghq.com/override") is null && (Value("konghq.com/protocols") is not { } protocols || protocols.Split(',', StringSplitOptions.TrimEntries).Contains("http"))
                ? Served("konghq.com/protocols", "Set it to https") : null,
            _ => null,
        };

        string? Value(string annotation) => ingress.Metadata.Annotations[annotation];

        Violation Served(string annotation, string remedy) => new(
            FieldPath.Metadata / "annotations" / annotation,
            $"{(Value(annotation) is { } value ? $"\"{value}\" lets {controller.Name} answer" : $"is required; without it {controller.Name} answers")} plain HTTP",
            remedy);

        Violation? IfFalse(string annotation) => GoText.IsFalse(Value(annotation)) ? Served(annotation, "Remove it") : null;

        // A middleware may redirect; only its object shows that.
        Violation? Traefik() =>
            InAnyCase("traefik.ingress.kubernetes.io/router.entrypoints").FirstOrDefault(IsPlain) is { Key: { } named }
            && !InAnyCase("traefik.ingress.kubernetes.io/router.middlewares").Any()
            && !InAnyCase("traefik.ingress.kubernetes.io/router.tls").Any(entry => GoText.IsTrue(entry.Value))
                ? Served(named, "Name only the entry point with TLS")
                : null;

        bool IsPlain(KeyValuePair<string, string> entryPoints) =>
            entryPoints.Value.Split(',', StringSplitOptions.TrimEntries).Intersect(context.Parameters.Get(EntryPoints)).Any();

        IEnumerable<KeyValuePair<string, string>> InAnyCase(string annotation) =>
            ingress.Metadata.Annotations.Where(entry => entry.Key.Equals(annotation, StringComparison.OrdinalIgnoreCase));

        // Another Ingress of the group may redirect, and a class may have its own listeners.
        Violation? Aws()
        {
            if (Value("alb.ingress.kubernetes.io/group.name") is not null || Value("alb.ingress.kubernetes.io/ssl-redirect") is not null
                || ingress.Metadata.Annotations.Any(entry => entry.Key.StartsWith("alb.ingress.kubernetes.io/actions.", StringComparison.Ordinal)))
                return null;

            return AlbListeners.Of(ingress) is not { } listeners
                ? Value("alb.ingress.kubernetes.io/certificate-arn") is null && hasTls ? Served("alb.ingress.kubernetes.io/listen-ports", "Set it to '[{\"HTTPS\": 443}]'") : null
                : listeners.SpeakHttp ? Served("alb.ingress.kubernetes.io/listen-ports", "Set alb.ingress.kubernetes.io/ssl-redirect: \"443\", or remove HTTP") : null;
        }
    }
}
