using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Rule ingress-host-required reports a host that is only <c>*</c>. Wildcards in certificates take no traffic.</summary>
public sealed class IngressHostWildcard() : ValidationRule<Ingress>(
    "ingress-host-wildcard",
    "An Ingress names each of its hosts.",
    "A wildcard host takes the traffic of every subdomain that no other Ingress names: of applications not deployed yet, and of mistyped names.")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Wildcard hosts that are allowed, each as written: `*.preview.example.com`.");

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
                yield return new(rule.At / "host", $"wildcard host \"{rule.Host}\" is not allowed, because it takes the traffic of every subdomain", "Name each host");
        }

        foreach (var (alias, doubt) in ServingController.AliasesOf(ingress, context.Cluster))
        {
            if ((alias.Host.IsPattern || HasAsterisk(alias.Host)) && !context.Parameters.Get(Allowed).Any(allowed => Host.Parse(allowed) == alias.Host))
            {
                var what = $"alias \"{alias.Host}\" is not allowed, because it takes the traffic of every host that it matches";
                yield return doubt ?? new(alias.Field, what, "Name each host");
            }
        }

        foreach (var annotation in ExternalDns.Annotations)
        {
            foreach (var name in ExternalDns.NamesIn(ingress, annotation).Where(HasAsterisk).Distinct())
            {
                if (!context.Parameters.Get(Allowed).Any(allowed => Host.Parse(allowed) == name))
                    yield return new(HostAlias.FieldOf(annotation), $"DNS name \"{name}\" is not allowed, because it directs every other name here", "Name each host");
            }
        }
    }

    private static bool HasAsterisk(Host host) => host.Name.Contains('*', StringComparison.Ordinal);
}
