using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>A host that is only <c>*</c> is the business of ingress-host-required. Wildcards in certificates take no traffic.</summary>
public sealed class IngressHostWildcard() : ValidationRule<Ingress>(
    "ingress-host-wildcard",
    "An Ingress names its hosts one by one.",
    "A wildcard host takes the traffic of every subdomain that nobody names: of applications not deployed yet, and of mistyped ones.")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Wildcard hosts that may be used, each as it is written: `*.preview.example.com`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        ingress.ServerAliases.IsEmpty && ingress.Names.IsEmpty && !ingress.Rules.Any(rule => HasAsterisk(rule.Host)) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        foreach (var rule in ingress.Rules)
        {
            if (HasAsterisk(rule.Host) && !context.Parameters.Get(Allowed).Any(allowed => Host.Parse(allowed) == rule.Host))
                yield return new(rule.At / "host", $"wildcard host {rule.Host} takes the traffic of every subdomain", "Name the hosts one by one");
        }

        foreach (var (alias, doubt) in ServingController.AliasesOf(ingress, context.Cluster))
        {
            if ((alias.Host.IsPattern || HasAsterisk(alias.Host)) && !context.Parameters.Get(Allowed).Any(allowed => Host.Parse(allowed) == alias.Host))
            {
                var what = $"alias {alias.Host} takes the traffic of every host that it fits";
                yield return doubt ?? new(alias.Field, what, "Name the hosts one by one");
            }
        }

        foreach (var annotation in ExternalDns.Annotations)
        {
            foreach (var name in ExternalDns.NamesIn(ingress, annotation).Where(HasAsterisk).Distinct())
            {
                if (!context.Parameters.Get(Allowed).Any(allowed => Host.Parse(allowed) == name))
                    yield return new(HostAlias.FieldOf(annotation), $"DNS name {name} leads every other name here", "Name the hosts one by one");
            }
        }
    }

    private static bool HasAsterisk(Host host) => host.Name.Contains('*', StringComparison.Ordinal);
}
