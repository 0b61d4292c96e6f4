using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Policy.Rules.Ingresses;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Validates a change, so an audit finds nothing. A Service that is deleted with its namespace or owner is not denied; otherwise neither could be deleted.
/// An ExternalName Service may change freely: its ports mean nothing.
/// </summary>
public sealed class ServiceInUse() : ValidationRule<Service>(
    "service-in-use",
    "No Service, and no port of a Service, is removed while an Ingress uses it.",
    "Without it the controller answers 503 to every request for those paths, and nobody is notified. If Service and Ingress change together, change the Ingress first.",
    Enforcement.Warn)
{
    private static readonly FieldPath Name = FieldPath.Metadata / "name";

    /// <inheritdoc/>
    public override Operation Operations => Operation.Update | Operation.Delete;

    /// <inheritdoc/>
    public override bool JudgesStored => false;

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass, ResourceKind.Namespace];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var (old, changed) = (context.Subject.OldObject as Service, context.Subject.Object as Service);
        if (old is null || old.IsExternalName || (changed is not null && Keeps(old, changed)) || context.Subject.User.IsCleaner)
            yield break;

        if (!context.Cluster.Knows(ResourceKind.Ingress))
            yield return Violation.Unchecked(Name, ResourceKind.Ingress);

        var users = context.Cluster.IngressesReferencing(old.Reference);
        if (users.IsEmpty)
            yield break;

        var space = context.Cluster.Find<Namespace>(null, old.Metadata.Namespace ?? "");
        if (space.IsUnknown)
            yield return Violation.Unchecked(Name, space.Reference);
        if (space.IsUnknown || space.Found is { Metadata.IsBeingDeleted: true })
            yield break;

        foreach (var ingress in users.Where(ingress => !ingress.Metadata.IsBeingDeleted).OrderBy(ingress => ingress.Metadata.Name, StringComparer.Ordinal))
        {
            if (FirstBroken(ingress, old, changed, context.Cluster) is { } broken)
                yield return Judge(ingress, broken, old, changed) with { RestsOn = [ingress.Reference, space.Reference] };
        }
    }

    /// <summary>Whether every port that an Ingress can refer to still exists.</summary>
    private static bool Keeps(Service old, Service changed) => !changed.IsExternalName && old.Ports.All(port => Exposes(changed, port));

    private static bool Exposes(Service service, ServicePort port) => port.Protocol != "TCP"
        || (service.ExposesTcp(new(port.Port, null)) && (port.Name.Length == 0 || service.ExposesTcp(new(null, port.Name))));

    /// <summary>The first backend that the change breaks; a backend that was already broken does not count.</summary>
    private static IngressBackend? FirstBroken(Ingress ingress, Service old, Service? changed, ClusterState cluster) => ingress.Backends.FirstOrDefault(backend =>
        backend.ServiceName == old.Metadata.Name
        && !AlbAction.Is(backend, ingress, cluster)
        && (changed is null || (old.ExposesTcp(backend.Port) && (changed.IsExternalName || !changed.ExposesTcp(backend.Port)))));

    private static Violation Judge(Ingress ingress, IngressBackend backend, Service old, Service? changed)
    {
        var user = $"would break {ingress.Reference}, which uses this Service at {backend.At}";
        return changed is null ? new(Name, $"deleting Service \"{old.Metadata.Name}\" {user}", "Change or delete the Ingress first")
            : changed.IsExternalName ? new(FieldPath.Spec / "type", $"type ExternalName {user}", "Change the Ingress first")
            : new(FieldPath.Spec / "ports", $"removing port {backend.Port} {user}", "Keep the port until the Ingress uses another one");
    }
}
