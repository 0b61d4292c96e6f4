using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Names are compared as DNS compares them. A wildcard record and one below it live side by side, so only equal names meet. Objects with different set
/// identifiers share a name on purpose.
/// </summary>
public sealed class ServiceExternalDnsConflict() : ValidationRule<Service>(
    "service-external-dns-conflict",
    "No Service asks external-dns for a name that another object has.",
    "Of two objects with one name external-dns takes one, and takes the other when that goes: traffic moves to whoever asked, by accident or on purpose.",
    Enforcement.Warn)
{
    private static readonly Parameter<bool> Hosts =
        Parameter.Flag("ingressHosts", true, "Whether the hosts of Ingresses in other namespaces are names that they have.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Hosts];

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
                    yield return new(at, $"{name} is the name of {other.Reference} already", "Use another name") { RestsOn = [other.Reference] };
                foreach (var kind in Reads.Where(kind => !context.Cluster.Knows(kind)))
                    yield return Violation.Unchecked(at, kind);
            }
        }
    }

    private KubernetesObject? FirstOther(Service service, Host name, RuleContext context)
    {
        var asking = context.Cluster.ObjectsNamed(name).Where(other => other.Reference != service.Reference && !ShareOnPurpose(service, other));
        var serving = context.Parameters.Get(Hosts)
            ? context.Cluster.IngressesClaiming(name).Where(ingress => ingress.Metadata.Namespace != service.Metadata.Namespace && Claims(ingress))
            : [];
        return asking.Concat(serving).MinBy(other => (other.Metadata.CreationTimestamp ?? "9999", other.Reference.ToString()));

        bool Claims(Ingress ingress) => context.Lookups.ClaimsFor(name, ingress).Any() || ingress.AsksFor(name);
    }

    private static bool ShareOnPurpose(Service service, KubernetesObject other) =>
        service.Metadata.Annotations[ExternalDns.SetIdentifier] is { } mine && other.Metadata.Annotations[ExternalDns.SetIdentifier] is { } theirs && mine != theirs;
}
