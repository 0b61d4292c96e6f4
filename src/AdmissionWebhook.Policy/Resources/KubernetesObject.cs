
namespace AdmissionWebhook.Policy.Resources;

/// <summary>
/// An object as rules see it: immutable, trimmed to the fields they read, and complete whatever was sent: lists and maps
/// are empty where the object has none.
/// </summary>
public abstract class KubernetesObject
{
    /// <summary>Name, namespace, labels, annotations.</summary>
    public ObjectMeta Metadata { get; protected set; } = ObjectMeta.Empty;

    /// <summary>What it is.</summary>
    public ResourceKind Kind { get; private set; } = null!;

    /// <summary>Fields that could not be read.</summary>
    public ImmutableArray<Malformation> Malformed { get; private set; } = [];

    /// <summary>Its identity.</summary>
    public ObjectReference Reference => new(Kind, Metadata.Namespace, Metadata.Name);

    internal void Complete(ResourceKind kind, ImmutableArray<Malformation> malformed, string? defaultNamespace)
    {
        Kind = kind;
        Malformed = malformed;
        if (!kind.IsNamespaced)
            Metadata = Metadata with { Namespace = null };
        else if (string.IsNullOrEmpty(Metadata.Namespace))
            Metadata = Metadata with { Namespace = defaultNamespace };
    }
}
