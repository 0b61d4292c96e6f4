using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.State;

/// <summary>The state of an object that another object refers to: it exists, it does not exist, or it is unknown.</summary>
public readonly record struct Lookup<T> where T : KubernetesObject
{
    private Lookup(ObjectReference reference, T? found, bool isUnknown)
    {
        Reference = reference;
        Found = found;
        IsUnknown = isUnknown;
    }

    /// <summary>The requested object.</summary>
    public ObjectReference Reference { get; }

    /// <summary>The object, if it exists.</summary>
    public T? Found { get; }

    /// <summary>Whether it is known not to exist.</summary>
    public bool IsMissing => Found is null && !IsUnknown;

    /// <summary>Whether it is unknown: the kind is not watched yet, its watch is stale, or reading is not permitted.</summary>
    public bool IsUnknown { get; }

    internal static Lookup<T> Of(ObjectReference reference, T? found, bool isUnknown) => new(reference, found, isUnknown);
}
