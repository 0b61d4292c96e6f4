using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>The class that serves an Ingress.</summary>
/// <param name="Name">Null if the Ingress names none and the cluster has no default.</param>
/// <param name="Annotation">The annotation that names it; null if the field does or could.</param>
/// <param name="IsKnown">False if it depends on an unknown default class.</param>
public readonly record struct EffectiveClass(string? Name, string? Annotation, bool IsKnown)
{
    /// <summary>The place where the Ingress names it, or could.</summary>
    public FieldPath Field => Annotation is not null ? FieldPath.Metadata / "annotations" / Annotation : FieldPath.Spec / "ingressClassName";
}
