using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Which controller serves an Ingress, for rules that depend on it.</summary>
internal static class ServingController
{
    /// <summary>The aliases of an Ingress that its controller may read, each with an unchecked violation if the controller is unknown.</summary>
    public static IEnumerable<(HostAlias Alias, Violation? Unchecked)> AliasesOf(Ingress ingress, ClusterState cluster) =>
        from aliases in ingress.ServerAliases.GroupBy(alias => alias.Reader!)
        let could = cluster.CouldBeServedBy(aliases.Key, ingress)
        where could is not false
        from alias in aliases
        select (alias, could is true ? null : Unchecked(alias.Field, ingress, cluster));

    /// <summary>An unchecked violation: the class that decides is unknown.</summary>
    public static Violation Unchecked(FieldPath field, Ingress ingress, ClusterState cluster) => cluster.ClassOf(ingress).Name is { } className
        ? Violation.Unchecked(field, new ObjectReference(ResourceKind.IngressClass, null, className))
        : Violation.Unchecked(field, ResourceKind.IngressClass);

    /// <summary>The controller, or an unchecked violation if it is unknown. Neither if no known controller serves the Ingress.</summary>
    public static (IngressController? Controller, Violation? Unchecked) Of(Ingress ingress, ClusterState cluster)
    {
        if (cluster.ControllerOf(ingress) is { } controller)
            return (controller, null);

        var effective = cluster.ClassOf(ingress);
        if (!effective.IsKnown)
            return (null, Violation.Unchecked(effective.Field, ResourceKind.IngressClass));

        return effective.Name is { } name && cluster.Find<IngressClass>(null, name) is { IsUnknown: true } found
            ? (null, Violation.Unchecked(effective.Field, found.Reference))
            : (null, null);
    }
}
