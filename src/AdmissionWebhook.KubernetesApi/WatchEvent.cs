namespace AdmissionWebhook.KubernetesApi;

/// <summary>The type of a watch event.</summary>
public enum WatchEventType
{
    /// <summary>The object exists: created, or present at the start of the watch.</summary>
    Added,

    /// <summary>The object changed.</summary>
    Modified,

    /// <summary>The object was deleted; the event has its last state.</summary>
    Deleted,

    /// <summary>No change up to the resource version of the event.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">The type of the event.</param>
/// <param name="Object">The object; none for a bookmark.</param>
/// <param name="ResourceVersion">The version from which to continue after this event.</param>
/// <param name="EndsInitialList">Whether this bookmark ends the existing objects of a streaming list.</param>
public sealed record WatchEvent<T>(WatchEventType Type, T? Object, string ResourceVersion, bool EndsInitialList);

/// <summary>Reads an object from its JSON; the span is valid only during the call.</summary>
public delegate T ReadObject<out T>(ReadOnlySpan<byte> json);
