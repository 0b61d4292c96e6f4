using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Who serves an Ingress, for rules that hang on it.</summary>
internal static class ServingController
{
    /// <summary>What is to be said where nobody can tell who serves it; null where somebody can, were it to say that none of the known ones does.</summary>
    public static Violation? Doubt(Ingress ingress, ClusterState cluster)
    {
        var effective = cluster.ClassOf(ingress);
        if (!effective.IsKnown)
            return Violation.Unchecked(effective.Field, ResourceKind.IngressClass);

        return effective.Name is { } name && cluster.ControllerOf(ingress) is null && cluster.Find<IngressClass>(null, name) is { IsUnknown: true } found
            ? Violation.Unchecked(effective.Field, found.Reference)
            : null;
    }
}
