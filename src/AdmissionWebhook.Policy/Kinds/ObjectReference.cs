namespace AdmissionWebhook.Policy.Kinds;

/// <summary>Which object: kind, namespace (null for cluster-scoped kinds) and name.</summary>
public readonly record struct ObjectReference(ResourceKind Kind, string? Namespace, string Name)
{
    /// <summary>Where an API server keeps the object: <c>api/v1/namespaces/shop/services/web</c>.</summary>
    public string ObjectPath => Namespace is null
        ? $"{Kind.CollectionPath}/{Uri.EscapeDataString(Name)}"
        : $"{Kind.VersionPath}/namespaces/{Uri.EscapeDataString(Namespace)}/{Kind.Plural}/{Uri.EscapeDataString(Name)}";

    /// <summary><c>Service shop/web</c>.</summary>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
