using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Suffixes end at a label's border: <c>example.com</c> allows <c>shop.example.com</c>, not <c>badexample.com</c>.</summary>
public sealed class IngressHostAllowed() : ValidationRule<Ingress>(
    "ingress-host-allowed",
    "An Ingress uses only hosts below the suffixes its namespace may use.",
    "Who may claim any host can take over a host that belongs to somebody else, or serve one whose DNS points elsewhere.")
{
    private static readonly Parameter<ImmutableArray<string>> Suffixes =
        Parameter.RequiredTextList("suffixes", "Suffixes every namespace may use; `{namespace}` stands for the namespace's name.");

    private static readonly Parameter<ByNamespace<ImmutableArray<string>>> Namespaces =
        Parameter.TextListByNamespace("namespaces", "Further suffixes, for namespaces by name pattern.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Suffixes, Namespaces];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var space = ingress.Metadata.Namespace ?? "";
        var suffixes = context.Parameters.Get(Suffixes)
            .AddRange(context.Parameters.Get(Namespaces).For(space).SelectMany(further => further))
            .Select(suffix => Host.Parse(suffix.Replace("{namespace}", space, StringComparison.Ordinal).TrimStart('*', '.')).Name)
            .ToList();
        var remedy = suffixes.Count == 0 ? "No host may be used here" : $"Use a host below {string.Join(" or ", suffixes)}";

        // The suffix * leaves nothing to check.
        if (suffixes.Contains(""))
            yield break;

        var named = ingress.Rules.Select(rule => rule.Host).ToHashSet();
        foreach (var rule in ingress.Rules)
        {
            if (!suffixes.Exists(rule.Host.IsWithin))
                yield return new(rule.At / "host", $"{Name(rule.Host)} may not be used in namespace {space}", remedy);
        }

        foreach (var (alias, doubt) in ServingController.AliasesOf(ingress, context.Cluster))
        {
            if (!suffixes.Exists(alias.Host.IsWithin))
                yield return doubt ?? new(alias.Field, $"{Name(alias.Host)} may not be used in namespace {space}", remedy);
        }

        foreach (var name in ingress.Names.Where(name => !suffixes.Exists(name.Host.IsWithin) && !named.Contains(name.Host)))
        {
            // Those of TLS entries come below.
            if (name.Field.Steps[0].Name == "metadata")
                yield return new(name.Field, $"{Name(name.Host)} may not be used in namespace {space}", remedy);
        }

        if (ingress.DefaultBackend is not null)
            yield return new(FieldPath.Spec / "defaultBackend", $"{Name(Host.Any)} may not be used in namespace {space}", remedy);
        else if (ingress.Rules.IsEmpty)
            yield return new(FieldPath.Spec / "rules", $"{Name(Host.Any)} may not be used in namespace {space}", remedy);

        foreach (var tls in ingress.Tls)
        {
            for (var i = 0; i < tls.Hosts.Length; i++)
            {
                var host = tls.Hosts[i];
                if (!host.IsAny && !suffixes.Exists(host.IsWithin) && !named.Contains(host))
                    yield return new(FieldPath.Spec / "tls" / tls.Index / "hosts" / i, $"{Name(host)} may not be used in namespace {space}", remedy);
            }
        }
    }

    private static string Name(Host host) => host.IsAny ? "every host at once" : $"host {host}";
}
