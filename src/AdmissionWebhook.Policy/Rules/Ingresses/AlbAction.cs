using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// A backend that is no Service but an action that an annotation describes (AWS Load Balancer Controller 2.x), so that neither its name nor its
/// port stands for anything in the cluster. To other controllers it is a Service like any other.
/// </summary>
internal static class AlbAction
{
    /// <summary>Whether a backend is one. A class that nobody knows may be such a controller's.</summary>
    public static bool Is(IngressBackend backend, Ingress ingress, ClusterState cluster) =>
        backend is { ServiceName: not null, IsResource: false, Port: { Number: null, Name: "use-annotation" } }
        && ingress.Metadata.Annotations[$"alb.ingress.kubernetes.io/actions.{backend.ServiceName}"] is { Length: > 0 }
        && ControllerOf(ingress, cluster) is null or "ingress.k8s.aws/alb" or "eks.amazonaws.com/alb";

    private static string? ControllerOf(Ingress ingress, ClusterState cluster) =>
        cluster.ClassOf(ingress).Name is { } name ? cluster.Find<IngressClass>(null, name).Found?.Controller : null;
}
