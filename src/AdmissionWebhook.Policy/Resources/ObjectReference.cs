namespace AdmissionWebhook.Policy.Resources;

/// <summary>Which object: kind, namespace (null for cluster-scoped kinds) and name.</summary>
public readonly record struct ObjectReference(ResourceKind Kind, string? Namespace, string Name)
{
    /// <summary><c>Service shop/web</c>.</summary>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
