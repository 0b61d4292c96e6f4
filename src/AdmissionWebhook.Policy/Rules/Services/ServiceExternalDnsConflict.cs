using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Names are compared as DNS compares them. A wildcard record and a record below it can coexist, so only equal names conflict. Objects with different set
/// identifiers share a name on purpose, and so do Services of one namespace: external-dns publishes the addresses of all of them.
/// </summary>
public sealed class ServiceExternalDnsConflict() : ValidationRule<Service>(
    "service-external-dns-conflict",
    "No Service requests a DNS name from external-dns that another object already uses.",
    "external-dns gives the name to one of the two objects, and to the other one when the first is deleted. Traffic then moves to the other object, by accident or on purpose.",
    Enforcement.Warn)
{
    private static readonly Parameter<bool> Hosts =
        Parameter.Flag("ingressHosts", true, "Whether hosts of Ingresses in other namespaces count as names in use.");

    private static readonly Parameter<bool> SameNamespace =
        Parameter.Flag("sameNamespace", false, "Whether Services of one namespace must not share a name either.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Hosts, SameNamespace];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Service, ResourceKind.Ingress];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (service.Metadata.Annotations.IsEmpty)
            yield break;

        foreach (var annotation in ExternalDns.Annotations)
        {
            foreach (var name in ExternalDns.NamesIn(service, annotation).Distinct())
            {
                var at = FieldPath.Metadata / "annotations" / annotation;
                if (FirstOther(service, name, context) is { } other)
                    yield return new(at, $"DNS name \"{name}\" is already used by {other.Reference}", "Use another name") { RestsOn = [other.Reference] };
                foreach (var kind in Reads.Where(kind => !context.Cluster.Knows(kind)))
                    yield return Violation.Unchecked(at, kind);
            }
        }
    }

    private KubernetesObject? FirstOther(Service service, Host name, RuleContext context)
    {
        var asking = context.Cluster.ObjectsNamed(name)
            .Where(other => other.Reference != service.Reference && !ShareOnPurpose(service, other) && (context.Parameters.Get(SameNamespace) || !AreMerged(service, other)));
        var serving = context.Parameters.Get(Hosts)
            ? context.Cluster.IngressesClaiming(name).Where(ingress => ingress.Metadata.Namespace != service.Metadata.Namespace && Claims(ingress))
            : [];
        return asking.Concat(serving).MinBy(other => (other.Metadata.CreationTimestamp ?? "9999", other.Reference.ToString()));

        bool Claims(Ingress ingress) => context.Lookups.ClaimsFor(name, ingress).Any() || ingress.AsksFor(name);
    }

    private static bool AreMerged(Service service, KubernetesObject other) => other is Service && other.Metadata.Namespace == service.Metadata.Namespace;

    private static bool ShareOnPurpose(Service service, KubernetesObject other) =>
        service.Metadata.Annotations[ExternalDns.SetIdentifier] is { } mine && other.Metadata.Annotations[ExternalDns.SetIdentifier] is { } theirs && mine != theirs;
}
