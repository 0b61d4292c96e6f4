using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>The class that serves an Ingress.</summary>
/// <param name="Name">Null where the Ingress names none and the cluster has no default.</param>
/// <param name="Annotation">The annotation that names it; null where the field does or could.</param>
/// <param name="IsKnown">False where it hangs on a default class that nobody can tell.</param>
public readonly record struct EffectiveClass(string? Name, string? Annotation, bool IsKnown)
{
    /// <summary>Where the Ingress names it, or could.</summary>
    public FieldPath Field => Annotation is not null ? FieldPath.Metadata / "annotations" / Annotation : FieldPath.Spec / "ingressClassName";
}
