using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>The class that serves an Ingress.</summary>
/// <param name="Name">Null where the Ingress names none and the cluster has no default.</param>
/// <param name="Field">Where the Ingress names it, or could.</param>
/// <param name="IsKnown">False where it hangs on a default class that nobody can tell.</param>
public readonly record struct EffectiveClass(string? Name, FieldPath Field, bool IsKnown);
