using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// An existing Ingress without TLS is not changed, because its clients would suddenly be redirected. An Ingress that loses TLS in an update gets it back.
/// An Ingress with TLS gets no issuer: cert-manager would overwrite a Secret that somebody else manages.
/// </summary>
public sealed class IngressDefaultTls() : MutationRule<Ingress>(
    "ingress-default-tls",
    "An Ingress without TLS gets a TLS entry for its hosts, and the annotation that makes cert-manager issue the certificate.",
    "Every author must write the same few lines. An Ingress without them serves plain text.",
    Enforcement.Suggest)
{
    private const string IssuerAnnotation = "cert-manager.io/issuer";
    private const string ClusterIssuerAnnotation = "cert-manager.io/cluster-issuer";
    private const int LongestName = 253;

    private static readonly Parameter<string> SecretName =
        Parameter.Text("secretName", "{name}-tls", "The Secret for the certificate. `{name}` and `{namespace}` are replaced by those of the Ingress.");

    private static readonly Parameter<string> ClusterIssuer = Parameter.OptionalText("clusterIssuer", "The ClusterIssuer of the certificate.");

    private static readonly Parameter<string> Issuer = Parameter.OptionalText("issuer", "The Issuer of the certificate, in the namespace of the Ingress. Used if clusterIssuer is not set.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [SecretName, ClusterIssuer, Issuer];

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Ingress ingress, RuleContext context)
    {
        var hadNoTls = context.Subject.OldObject is Ingress { Tls.IsEmpty: true };
        var hosts = ingress.Rules.Select(rule => rule.Host).Where(host => !host.IsAny).Distinct().Select(host => (JsonNode)JsonValue.Create(host.Name)).ToArray();
        var secret = context.Parameters.Get(SecretName)
            .Replace("{name}", ingress.Metadata.Name, StringComparison.Ordinal)
            .Replace("{namespace}", ingress.Metadata.Namespace, StringComparison.Ordinal);

        // The API server generates a name from generateName only after mutation.
        if (!ingress.HasSpec || !ingress.Tls.IsEmpty || hadNoTls || hosts.Length == 0 || ingress.Metadata.Name.Length == 0 || secret.Length > LongestName)
            yield break;

        yield return new(FieldPath.Spec / "tls", new JsonArray(new JsonObject { ["hosts"] = new JsonArray(hosts), ["secretName"] = secret }));

        var (annotation, issuer) = context.Parameters.Get(ClusterIssuer) is { Length: > 0 } clusterIssuer ? (ClusterIssuerAnnotation, clusterIssuer) : (IssuerAnnotation, context.Parameters.Get(Issuer));
        if (issuer.Length > 0 && !TlsIssuer.Issues(ingress))
            yield return new(FieldPath.Metadata / "annotations" / annotation, JsonValue.Create(issuer));
    }
}
