using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

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

        var users = context.Cluster.RoutesTo(old.Reference);
        if (users.IsEmpty)
            yield break;

        var @namespace = context.Cluster.Find<Namespace>(null, old.Metadata.Namespace ?? "");
        if (@namespace.IsUnknown)
            yield return Violation.Unchecked(Name, @namespace.Reference);
        if (@namespace.IsUnknown || @namespace.Found is { Metadata.IsBeingDeleted: true })
            yield break;

        foreach (var route in users.Where(route => !route.Metadata.IsBeingDeleted).OrderBy(route => route.Reference.ToString(), StringComparer.Ordinal))
        {
            if (FirstBroken(route, old, changed, context.Cluster) is { } broken)
                yield return Judge(route, broken, old, changed) with { RestsOn = [route.Reference, @namespace.Reference] };
        }
    }

    /// <summary>Whether every port that an Ingress can refer to still exists.</summary>
    private static bool Keeps(Service old, Service changed) => !changed.IsExternalName && old.Ports.All(port => Exposes(changed, port));

    private static bool Exposes(Service service, ServicePort port) => port.Protocol != "TCP"
        || (service.ExposesTcp(new(port.Port, null)) && (port.Name.Length == 0 || service.ExposesTcp(new(null, port.Name))));

    /// <summary>The first backend that the change breaks; a backend that was already broken does not count.</summary>
    private static Backend? FirstBroken(Route route, Service old, Service? changed, ClusterState cluster) => route.Backends.FirstOrDefault(backend =>
        route.ServiceOf(backend) == old.Reference
        && !cluster.IsAction(route, backend)
        && (changed is null || (old.ExposesTcp(backend.Port) && (changed.IsExternalName || !changed.ExposesTcp(backend.Port)))));

    private static Violation Judge(Route route, Backend backend, Service old, Service? changed)
    {
        var user = $"would break {route.Reference}, which uses this Service at {backend.Field}";
        return changed is null ? new(Name, $"deleting Service \"{old.Metadata.Name}\" {user}", "Change or delete the Ingress first")
            : changed.IsExternalName ? new(FieldPath.Spec / "type", $"type ExternalName {user}", "Change the Ingress first")
            : new(FieldPath.Spec / "ports", $"removing port {backend.Port} {user}", "Keep the port until the Ingress uses another one");
    }
}
