using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Every form of catch-all is one violation, at the field that makes it so.</summary>
public sealed class IngressHostRequired() : ValidationRule<Ingress>(
    "ingress-host-required",
    "An Ingress takes only the traffic of hosts it names.",
    "A rule without a host, or a default backend, takes the traffic of every host that nobody else serves: other applications' too.")
{
    private static readonly Parameter<bool> AllowDefaultBackend =
        Parameter.Flag("allowDefaultBackend", false, "Whether spec.defaultBackend may be set.");

    private static readonly Parameter<bool> AllowMissingHost =
        Parameter.Flag("allowMissingHost", false, "Whether a rule may leave out its host.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [AllowDefaultBackend, AllowMissingHost];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        ingress is { DefaultBackend: null, Rules.IsEmpty: false, ServerAliases.IsEmpty: true } && !ingress.Rules.Any(rule => rule.Host.IsAny) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        if (context.Cluster.ControllerOf(ingress) is { Shares: RouteSharing.Nobody })
            yield break;

        if (ingress.DefaultBackend is not null)
        {
            if (!context.Parameters.Get(AllowDefaultBackend))
                yield return new(FieldPath.Spec / "defaultBackend", "takes the traffic of every host", "Remove it, and give each backend a rule with a host");
        }
        else if (ingress.Rules.IsEmpty && !context.Parameters.Get(AllowMissingHost))
        {
            yield return new(FieldPath.Spec / "rules", "is empty, so the Ingress takes the traffic of every host", "Add a rule with a host");
        }

        if (context.Parameters.Get(AllowMissingHost))
            yield break;

        foreach (var rule in ingress.Rules)
        {
            if (rule.Host.IsAny)
                yield return new(rule.At / "host", "is missing, empty or *, so the rule takes the traffic of every host", "Name the host");
        }

        foreach (var (alias, doubt) in ServingController.AliasesOf(ingress, context.Cluster).Where(each => each.Alias.Host.IsAny))
            yield return doubt ?? new(alias.Field, "holds *, so the Ingress takes the traffic of every host", "Name the host");
    }
}
