using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Ingresses may share a Secret if at most one of them has an annotation for cert-manager. A warning at most if the other Ingress requests all hosts of
/// the entry: the certificate covers them, until that Ingress is deleted.
/// </summary>
public sealed class IngressTlsSecretUnique() : ValidationRule<Ingress>(
    "ingress-tls-secret-unique",
    "cert-manager writes each Secret for one TLS entry of one Ingress.",
    "cert-manager lets one Ingress own a Secret. It ignores the hosts of a second one, and rejects an Ingress that names a Secret twice.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        ingress.Tls.IsEmpty || !TlsIssuer.IsCertManager(ingress) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        if (!context.Cluster.Knows(ResourceKind.Ingress))
            yield return Violation.Unchecked(FieldPath.Spec / "tls", ResourceKind.Ingress);

        var first = new Dictionary<string, IngressTls>();
        foreach (var tls in ingress.Tls)
        {
            if (tls.SecretName is not { } secret)
                continue;

            var at = FieldPath.Spec / "tls" / tls.Index / "secretName";
            if (!first.TryAdd(secret, tls))
            {
                var earlier = FieldPath.Spec / "tls" / first[secret].Index / "secretName";
                var message = $"Secret \"{secret}\" is already used at {earlier}; cert-manager issues no certificate for this Ingress";
                yield return new(at, message, "List all hosts of the Secret in one TLS entry") { Beside = earlier };
            }
            else if (!tls.Hosts.IsEmpty && FirstOther(ingress, secret, context) is { } other)
            {
                yield return new(
                    at,
                    $"Secret \"{secret}\" is also requested from cert-manager by {other.Reference}; only one of the two gets a certificate for its hosts",
                    "Use another Secret, or remove the issuer from one Ingress and list all hosts in the other")
                {
                    RestsOn = [other.Reference],
                    IsAdvice = Requests(other, secret, tls.Hosts, context),
                };
            }
        }
    }

    /// <summary>The oldest one, because it probably owns the certificate.</summary>
    private static Ingress? FirstOther(Ingress ingress, string secret, RuleContext context) => context.Cluster
        .IngressesIssuing(ingress.Metadata.Namespace, secret)
        .Where(other => other.Reference != ingress.Reference && !other.Metadata.IsBeingDeleted)
        .MinBy(other => (other.Metadata.CreationTimestamp ?? "9999", other.Metadata.Name));

    private static bool Requests(Ingress other, string secret, ImmutableArray<Host> hosts, RuleContext context)
    {
        var requested = other.Tls.Where(tls => tls.SecretName == secret).SelectMany(tls => tls.Hosts).ToHashSet();
        context.Cluster.Spend(requested.Count);
        return hosts.All(requested.Contains);
    }
}
