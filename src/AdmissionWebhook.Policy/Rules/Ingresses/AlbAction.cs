using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// A backend that is not a Service but an action that an annotation describes (AWS Load Balancer Controller 2.x). Its name and port refer to nothing in
/// the cluster. For other controllers it is an ordinary Service.
/// </summary>
internal static class AlbAction
{
    /// <summary>Whether a backend is one. A class with an unknown controller may belong to this one.</summary>
    public static bool Is(IngressBackend backend, Ingress ingress, ClusterState cluster) =>
        backend is { ServiceName: not null, IsResource: false, Port: { Number: null, Name: "use-annotation" } }
        && ingress.Metadata.Annotations[$"alb.ingress.kubernetes.io/actions.{backend.ServiceName}"] is { Length: > 0 }
        && ControllerOf(ingress, cluster) is null or "ingress.k8s.aws/alb" or "eks.amazonaws.com/alb";

    private static string? ControllerOf(Ingress ingress, ClusterState cluster) =>
        cluster.ClassOf(ingress).Name is { } name ? cluster.Find<IngressClass>(null, name).Found?.Controller : null;
}
