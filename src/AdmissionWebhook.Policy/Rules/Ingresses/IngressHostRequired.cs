using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Each form of catch-all is one violation, at the field that causes it.</summary>
public sealed class IngressHostRequired() : ValidationRule<Ingress>(
    "ingress-host-required",
    "An Ingress takes traffic only for hosts that it names.",
    "A rule without a host, or a default backend, takes the traffic of every host that no other Ingress serves. This includes other applications.")
{
    private static readonly Parameter<bool> AllowDefaultBackend =
        Parameter.Flag("allowDefaultBackend", false, "Whether spec.defaultBackend is allowed.");

    private static readonly Parameter<bool> AllowMissingHost =
        Parameter.Flag("allowMissingHost", false, "Whether a rule may omit its host.");

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
                yield return new(FieldPath.Spec / "defaultBackend", "is not allowed, because it takes the traffic of every host", "Remove it, and give each backend a rule with a host");
        }
        else if (ingress.Rules.IsEmpty && !context.Parameters.Get(AllowMissingHost))
        {
            yield return new(FieldPath.Spec / "rules", "is required; without rules the Ingress takes the traffic of every host", "Add a rule with a host");
        }

        if (context.Parameters.Get(AllowMissingHost))
            yield break;

        foreach (var rule in ingress.Rules)
        {
            if (rule.Host.IsAny)
                yield return new(rule.At / "host", "must name a host; otherwise the rule takes the traffic of every host", "Set the host");
        }

        foreach (var (alias, doubt) in ServingController.AliasesOf(ingress, context.Cluster).Where(each => each.Alias.Host.IsAny))
            yield return doubt ?? new(alias.Field, "must not contain *, because the Ingress would take the traffic of every host", "Name each host");
    }
}
