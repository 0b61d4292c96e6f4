using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Who serves an Ingress, for rules that hang on it.</summary>
internal static class ServingController
{
    /// <summary>The controller, or what is to be said where nobody can tell; neither where none of the known ones serves it.</summary>
    public static (IngressController? Controller, Violation? Doubt) Of(Ingress ingress, ClusterState cluster)
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
