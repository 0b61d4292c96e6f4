using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>The class that serves an Ingress.</summary>
/// <param name="Name">Null where the Ingress names none and the cluster has no default.</param>
/// <param name="IsAnnotated">Whether the annotation names it, and not the field.</param>
/// <param name="IsKnown">False where it hangs on a default class that nobody can tell.</param>
public readonly record struct EffectiveClass(string? Name, bool IsAnnotated, bool IsKnown)
{
    /// <summary>Where the Ingress names it, or could.</summary>
    public FieldPath Field => IsAnnotated ? FieldPath.Metadata / "annotations" / Ingress.ClassAnnotation : FieldPath.Spec / "ingressClassName";
}
