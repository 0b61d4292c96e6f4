using System.Text;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>metadata, as far as rules and policies read it.</summary>
public sealed record ObjectMeta
{
    /// <summary>No metadata at all.</summary>
    public static ObjectMeta Empty { get; } = new();

    /// <summary>Empty while the API server has still to generate it (metadata.generateName).</summary>
    public string Name { get; init; } = "";

    /// <summary>Null for cluster-scoped objects.</summary>
    public string? Namespace { get; init; }

    /// <summary>When the API server stored it first; RFC 3339, so texts compare as times do. Null before that.</summary>
    public string? CreationTimestamp { get; init; }

    /// <summary>Whether it has been deleted and only its finalizers keep it.</summary>
    public bool IsBeingDeleted { get; init; }

    /// <summary>Labels.</summary>
    public TextMap Labels { get; init; } = TextMap.Empty;

    /// <summary>Annotations.</summary>
    public TextMap Annotations { get; init; } = TextMap.Empty;

    /// <summary>Whether there are annotations at all, were they none: one can only be added inside them.</summary>
    public bool HasAnnotations { get; init; }

    /// <summary>Whether there is metadata at all; nothing can be filled into what is not there.</summary>
    public bool IsWritten { get; init; }

    internal int CountAnnotationBytes() => CountBytes(Annotations);

    /// <summary>Of labels and annotations.</summary>
    internal int CountTextBytes() => CountBytes(Labels) + CountBytes(Annotations);

    private static int CountBytes(TextMap texts)
    {
        var count = 0;
        foreach (var (key, value) in texts.Entries)
            count += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        return count;
    }

    internal static ObjectMeta Read(ref ObjectReader json)
    {
        string? name = null, @namespace = null, created = null;
        bool isBeingDeleted = false, hasAnnotations = false;
        TextMap labels = TextMap.Empty, annotations = TextMap.Empty;

        if (!json.Begin())
            return Empty;

        while (json.NextField())
        {
            if (json.Is("name"u8))
                name = json.Text();
            else if (json.Is("namespace"u8))
                @namespace = json.Text();
            else if (json.Is("creationTimestamp"u8))
                created = json.Text();
            else if (json.Is("deletionTimestamp"u8))
                isBeingDeleted = json.Text() is not null;
            else if (json.Is("labels"u8))
                labels = json.Map(Bound.Labels);
            else if (json.Is("annotations"u8) && json.Begin())
                (annotations, hasAnnotations) = (json.Map(Bound.AnnotationBytes), true);
            else
                json.Skip();
        }

        return new() { Name = name ?? "", Namespace = @namespace, CreationTimestamp = created, IsBeingDeleted = isBeingDeleted, Labels = labels, Annotations = annotations, HasAnnotations = hasAnnotations, IsWritten = true };
    }
}
