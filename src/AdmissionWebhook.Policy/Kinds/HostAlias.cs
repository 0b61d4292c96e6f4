using System.Collections.Frozen;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>A host that an annotation or a TLS entry gives to an Ingress, beside the hosts of its rules.</summary>
/// <param name="Host">The host; a pattern begins with <c>~</c>.</param>
/// <param name="Field">Where it is written.</param>
/// <param name="Reader">The controller that serves it like the hosts of the rules; null for a name that is only requested in DNS or in a certificate.</param>
public sealed record HostAlias(Host Host, FieldPath Field, IngressController? Reader)
{
    /// <summary>The maximum number, because each alias claims every path.</summary>
    public const int Most = 1000;

    private const string CommonName = "cert-manager.io/common-name";
    private const string TraefikDomains = "traefik.ingress.kubernetes.io/router.tls.domains.";
    private const string TraefikResolver = "traefik.ingress.kubernetes.io/router.tls.certresolver";

    private static readonly FrozenDictionary<string, (IngressController Reader, bool ArePatterns)> Annotations = (
        from known in IngressController.All
        from alias in known.Aliases.Select(name => (Name: name, ArePatterns: false)).Concat(known.AliasPatterns.Select(name => (Name: name, ArePatterns: true)))
        select KeyValuePair.Create(alias.Name, (known, alias.ArePatterns))).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The place of an annotation.</summary>
    public static FieldPath FieldOf(string annotation) => FieldPath.Metadata / "annotations" / annotation;

    /// <summary>The aliases that controllers serve; one more than <see cref="Most"/> if there are too many. ingress-nginx ignores aliases of canaries.</summary>
    internal static ImmutableArray<HostAlias> ReadServed(TextMap annotations, ImmutableArray<IngressRule> rules, bool isCanary)
    {
        List<HostAlias>? aliases = null;
        foreach (var (annotation, value) in annotations.Entries)
        {
            if (!Annotations.TryGetValue(annotation, out var alias) || rules.IsEmpty || (isCanary && alias.Reader == IngressController.IngressNginx))
                continue;

            foreach (var name in alias.ArePatterns ? ["~" + value.Trim()] : value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                (aliases ??= []).Add(new(Host.Parse(name), FieldOf(annotation), alias.Reader));
        }

        return aliases is null ? [] : Beside(rules, aliases);
    }

    /// <summary>
    /// The names that are only requested: from external-dns, which publishes hosts of spec.tls and of rules, and from issuers of
    /// certificates for single names. Wildcards in spec.tls claim nothing.
    /// </summary>
    internal static ImmutableArray<HostAlias> ReadAskedFor(Ingress ingress)
    {
        if (ingress.Metadata.Annotations.IsEmpty && ingress.Tls.IsEmpty)
            return [];

        var names = ExternalDns.Annotations.SelectMany(annotation => ExternalDns.NamesIn(ingress, annotation).Select(name => new HostAlias(name, FieldOf(annotation), null)));
        names = names.Concat(TlsNames(ingress));
        if (ingress.Metadata.Annotations.Any(each => each.Value.Length > 0 && TraefikResolver.Equals(each.Key, StringComparison.OrdinalIgnoreCase)))
            names = names.Concat(TraefikNames(ingress));
        if (ingress.Metadata.Annotations[CommonName] is { Length: > 0 } commonName)
            names = names.Append(new(Host.Parse(commonName), FieldOf(CommonName), null));

        // A served host counts as requested too: another class may serve the host to nobody, but DNS and certificates have no classes.
        return [.. names.Where(alias => !alias.Host.IsAny).DistinctBy(alias => alias.Host).Take(Most + 1)];
    }

    /// <summary>Without an issuer, only names that no rule has: two classes may serve one host. A name of one label is not published.</summary>
    private static IEnumerable<HostAlias> TlsNames(Ingress ingress)
    {
        var isIssued = TlsIssuer.Issues(ingress);
        var served = isIssued ? [] : ingress.RuleHosts.ToHashSet();
        return
            from tls in ingress.Tls
            from name in tls.Hosts.Select((host, index) => new HostAlias(host, FieldPath.Spec / "tls" / tls.Index / "hosts" / index, null))
            where !name.Host.IsWildcard && (isIssued || (name.Host.Name.Contains('.', StringComparison.Ordinal) && !served.Contains(name.Host)))
            select name;
    }

    private static IEnumerable<HostAlias> TraefikNames(Ingress ingress) =>
        from entry in ingress.Metadata.Annotations.Entries
        where entry.Key.StartsWith(TraefikDomains, StringComparison.OrdinalIgnoreCase)
        from name in entry.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        let alias = new HostAlias(Host.Parse(name), FieldOf(entry.Key), null)
        where !alias.Host.IsWildcard
        select alias;

    private static ImmutableArray<HostAlias> Beside(ImmutableArray<IngressRule> rules, IEnumerable<HostAlias> aliases)
    {
        var named = rules.Select(rule => rule.Host).ToHashSet();
        return [.. aliases.Where(alias => named.Add(alias.Host)).Take(Most + 1)];
    }
}
