using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>A TLS entry with hosts but without a secret leaves the certificate to the controller, which may have none.</summary>
public sealed class IngressTlsRequired() : ValidationRule<Ingress>(
    "ingress-tls-required",
    "Every host of an Ingress is served with TLS, from a certificate that the Ingress names.",
    "Without a TLS entry for the host, passwords and cookies cross the network as plain text. An empty entry, or one for other hosts, has no effect.")
{
    private static readonly Parameter<bool> AllowDefaultCertificate =
        Parameter.Flag("allowDefaultCertificate", false, "Whether a TLS entry may omit secretName, so that the controller uses its own certificate.");

    private static readonly Parameter<bool> AllowHostless =
        Parameter.Flag("allowHostless", false, "Whether rules without a host may have no TLS.");

    private static readonly Parameter<ImmutableArray<string>> EntryPoints = Parameter.TextList(
        "tlsEntryPoints", ["websecure"], "The names of Traefik entry points that serve TLS for every Ingress, like websecure of Traefik's chart.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [AllowDefaultCertificate, AllowHostless, EntryPoints];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        ingress is { Rules: [var rule], ServerAliases.IsEmpty: true } && IsServed(rule.Host, ingress.Tls) && !TlsElsewhere.MayBePlain(ingress)
            ? []
            : Find(ingress, context);

    /// <summary>Whether an entry with a secret lists a host, as in most Ingresses of one host.</summary>
    private static bool IsServed(Host host, ImmutableArray<IngressTls> entries)
    {
        foreach (var tls in entries)
        {
            if (tls.SecretName is not null && !host.IsAny && tls.Hosts.Contains(host))
                return true;
        }

        return false;
    }

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        if (TlsElsewhere.FindPlain(ingress, context.Cluster) is var ((annotation, value), remedy))
        {
            if (!context.Parameters.Get(AllowHostless) || ingress.RuleHosts.Any(host => !host.IsAny))
            {
                var what = $"\"{NginxAnnotation.Show(value)}\" disables TLS for every host";
                yield return new(HostAlias.FieldOf(annotation), what, remedy) { Value = value };
            }

            yield break;
        }

        var elsewhere = TlsElsewhere.Serves(ingress, context.Cluster, context.Parameters.Get(EntryPoints));
        if (elsewhere is null)
            yield return Violation.Unchecked(FieldPath.Spec / "tls", ResourceKind.IngressClass);
        if (elsewhere is not false)
            yield break;

        if (context.Cluster.ControllerOf(ingress) is { TakesTlsWithoutHosts: true }
            && ingress.Tls.Any(tls => tls is { Hosts.IsEmpty: true, SecretName: not null }))
            yield break;

        var entries = context.Parameters.Get(AllowDefaultCertificate) ? ingress.Tls : ingress.Tls.RemoveAll(tls => tls.SecretName is null);

        if (ingress.Rules.IsEmpty && entries.IsEmpty && !context.Parameters.Get(AllowHostless))
            yield return new(FieldPath.Spec / "tls", "every host is served without TLS", "Add a rule with a host, and list the host in spec.tls[].hosts");

        if (!ingress.Rules.IsEmpty && ingress.Rules.FirstOrDefault(rule => rule.Host.IsAny) is { } open && !context.Parameters.Get(AllowHostless) && !entries.Any(tls => tls.Hosts.IsEmpty))
            yield return new(FieldPath.Spec / "tls", $"every host is served without TLS, because {open.At} names no host", "Set the host of the rule, and list it in spec.tls[].hosts") { Beside = open.At };

        var covered = new HashSet<Host>();
        foreach (var tls in entries)
        {
            foreach (var host in tls.Hosts)
                covered.Add(host);
        }

        UncoveredHosts? uncovered = null;
        foreach (var host in ingress.RuleHosts)
        {
            if (!IsCovered(host))
                yield return (uncovered ??= new(ingress)).Judge(host);
        }

        foreach (var (alias, doubt) in ServingController.AliasesOf(ingress, context.Cluster))
        {
            if (!IsCovered(alias.Host))
            {
                var what = $"alias \"{alias.Host}\" is served with the certificate of another host, or with none";
                yield return doubt ?? new(alias.Field, what, "add it to spec.tls[].hosts");
            }
        }

        bool IsCovered(Host host) =>
            host.IsAny || host.IsPattern || covered.Contains(host)
            || (host.CoveringWildcard is { } wildcard && covered.Contains(Host.Parse(wildcard)));
    }

    /// <summary>Explains why, in time that does not grow with the number of entries.</summary>
    private sealed class UncoveredHosts(Ingress ingress)
    {
        private readonly Dictionary<Host, IngressTls> _secretless = FindSecretless(ingress);
        private readonly IngressTls? _hostless = ingress.Tls.FirstOrDefault(tls => tls is { Hosts.IsEmpty: true, SecretName: not null });

        public Violation Judge(Host host)
        {
            if (_secretless.TryGetValue(host, out var secretless) || (host.CoveringWildcard is { } wildcard && _secretless.TryGetValue(Host.Parse(wildcard), out secretless)))
                return new(FieldPath.Spec / "tls" / secretless.Index, $"host \"{host}\" is served with the default certificate of the controller, or with none", "set secretName");
            if (_hostless is not null)
                return new(FieldPath.Spec / "tls" / _hostless.Index, $"hosts must list \"{host}\"; the entry covers no host", "add the host to hosts");
            return new(FieldPath.Spec / "tls", $"host \"{host}\" is served without TLS", "add it to spec.tls[].hosts");
        }

        private static Dictionary<Host, IngressTls> FindSecretless(Ingress ingress)
        {
            var first = new Dictionary<Host, IngressTls>();
            foreach (var tls in ingress.Tls)
            {
                foreach (var host in tls.Hosts.Where(host => !host.IsAny))
                    first.TryAdd(host, tls);
            }

            return first;
        }
    }
}
