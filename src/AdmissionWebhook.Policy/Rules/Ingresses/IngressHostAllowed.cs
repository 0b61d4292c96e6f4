using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>A suffix starts at a label: <c>example.com</c> allows <c>shop.example.com</c>, not <c>badexample.com</c>.</summary>
public sealed class IngressHostAllowed() : ValidationRule<Ingress>(
    "ingress-host-allowed",
    "An Ingress uses only hosts under the suffixes that its namespace may use.",
    "An author who may use any host can take over a host of somebody else, or serve a host whose DNS points elsewhere.")
{
    private static readonly Parameter<ImmutableArray<string>> Suffixes =
        Parameter.RequiredTextList("suffixes", "Suffixes that every namespace may use. `{namespace}` is replaced by the name of the namespace.");

    private static readonly Parameter<ByNamespace<ImmutableArray<string>>> Namespaces =
        Parameter.TextListByNamespace("namespaces", "Additional suffixes for namespaces, by name pattern.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Suffixes, Namespaces];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var @namespace = ingress.Metadata.Namespace ?? "";
        var suffixes = context.Parameters.Get(Suffixes)
            .AddRange(context.Parameters.Get(Namespaces).For(@namespace).SelectMany(further => further))
            .Select(suffix => Host.Parse(suffix.Replace("{namespace}", @namespace, StringComparison.Ordinal).TrimStart('*', '.')).Name)
            .ToList();
        var remedy = suffixes.Count == 0 ? "The policy allows no host" : $"Use a host under {string.Join(" or ", suffixes)}";

        // The suffix * allows every host.
        if (suffixes.Contains(""))
            yield break;

        var named = ingress.Rules.Select(rule => rule.Host).ToHashSet();
        foreach (var rule in ingress.Rules)
        {
            if (!suffixes.Exists(rule.Host.IsWithin))
                yield return new(rule.At / "host", $"{Name(rule.Host)} is not allowed in namespace \"{@namespace}\"", remedy);
        }

        foreach (var (alias, doubt) in ServingController.AliasesOf(ingress, context.Cluster))
        {
            if (!suffixes.Exists(alias.Host.IsWithin))
                yield return doubt ?? new(alias.Field, $"{Name(alias.Host)} is not allowed in namespace \"{@namespace}\"", remedy);
        }

        foreach (var name in ingress.Names.Where(name => !suffixes.Exists(name.Host.IsWithin) && !named.Contains(name.Host)))
        {
            // Hosts of TLS entries follow below.
            if (name.Field.Steps[0].Name == "metadata")
                yield return new(name.Field, $"{Name(name.Host)} is not allowed in namespace \"{@namespace}\"", remedy);
        }

        if (ingress.DefaultBackend is not null)
            yield return new(FieldPath.Spec / "defaultBackend", $"{Name(Host.Any)} is not allowed in namespace \"{@namespace}\"", remedy);
        else if (ingress.Rules.IsEmpty)
            yield return new(FieldPath.Spec / "rules", $"{Name(Host.Any)} is not allowed in namespace \"{@namespace}\"", remedy);

        foreach (var tls in ingress.Tls)
        {
            for (var i = 0; i < tls.Hosts.Length; i++)
            {
                var host = tls.Hosts[i];
                if (!host.IsAny && !suffixes.Exists(host.IsWithin) && !named.Contains(host))
                    yield return new(FieldPath.Spec / "tls" / tls.Index / "hosts" / i, $"{Name(host)} is not allowed in namespace \"{@namespace}\"", remedy);
            }
        }
    }

    private static string Name(Host host) => host.IsAny ? "traffic of every host" : $"host \"{host}\"";
}
