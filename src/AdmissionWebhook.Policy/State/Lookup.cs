using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.State;

/// <summary>What is known of an object that another one refers to: it is there, it is not there, or nobody can tell.</summary>
public readonly record struct Lookup<T> where T : KubernetesObject
{
    private Lookup(ObjectReference reference, T? found, bool isUnknown)
    {
        Reference = reference;
        Found = found;
        IsUnknown = isUnknown;
    }

    /// <summary>The object asked for.</summary>
    public ObjectReference Reference { get; }

    /// <summary>The object, if it is known to be there.</summary>
    public T? Found { get; }

    /// <summary>Whether it is known not to be there.</summary>
    public bool IsMissing => Found is null && !IsUnknown;

    /// <summary>Whether nobody can tell: the kind is not watched yet, its watch is stale, or reading is not permitted.</summary>
    public bool IsUnknown { get; }

    internal static Lookup<T> Of(ObjectReference reference, T? found, bool isUnknown) => new(reference, found, isUnknown);
}
