using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Kinds;

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

    /// <summary>What it holds more of than was read; empty for an object that is known whole.</summary>
    public ImmutableArray<Excess> Excesses { get; private set; } = [];

    /// <summary>Its identity.</summary>
    public ObjectReference Reference => new(Kind, Metadata.Namespace, Metadata.Name);

    /// <summary>About how many bytes it takes to know the object, indexes included; measured on objects of a thousand entries.</summary>
    public virtual int Size => 300;

    /// <summary>A stub of an object that is too large to keep: its name and its counts.</summary>
    public virtual KubernetesObject ToStub() => this;

    /// <summary>Makes this the stub of another object.</summary>
    private protected KubernetesObject AsStubOf(KubernetesObject whole, params ReadOnlySpan<Bound> bounds)
    {
        Kind = whole.Kind;
        Metadata = new() { Name = whole.Metadata.Name, Namespace = whole.Metadata.Namespace, CreationTimestamp = whole.Metadata.CreationTimestamp };
        foreach (var bound in bounds)
        {
            if (whole.CountOf(bound) is var count and > 0)
                Excesses = Excesses.Add(new(bound, count));
        }

        return this;
    }

    internal void Complete(ResourceKind kind, ImmutableArray<Malformation> malformed, ImmutableArray<Excess> excesses, string? defaultNamespace)
    {
        Kind = kind;
        Malformed = malformed;
        Excesses = excesses;
        if (!kind.IsNamespaced)
            Metadata = Metadata with { Namespace = null };
        else if (string.IsNullOrEmpty(Metadata.Namespace))
            Metadata = Metadata with { Namespace = defaultNamespace };
    }

    /// <summary>How much of one sort the object holds, whether or not it was all read.</summary>
    public int CountOf(Bound bound)
    {
        foreach (var excess in Excesses)
        {
            if (excess.Bound == bound)
                return excess.Count;
        }

        return Measure(bound);
    }

    /// <summary>How much of one sort was read.</summary>
    private protected virtual int Measure(Bound bound) => bound == Bound.Labels ? Metadata.Labels.Entries.Length : bound == Bound.AnnotationBytes ? Metadata.CountAnnotationBytes() : 0;
}
