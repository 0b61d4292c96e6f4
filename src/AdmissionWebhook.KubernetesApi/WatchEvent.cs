namespace AdmissionWebhook.KubernetesApi;

/// <summary>What happened to an object.</summary>
public enum WatchEventType
{
    /// <summary>It is there: created, or there when the watch began.</summary>
    Added,

    /// <summary>It changed.</summary>
    Modified,

    /// <summary>It is gone; the event carries its last state.</summary>
    Deleted,

    /// <summary>Nothing happened, up to the event's resource version.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object; nothing for a bookmark.</param>
/// <param name="ResourceVersion">Where to go on from after this event.</param>
/// <param name="EndsInitialList">Whether this bookmark says that every object that was there has been sent (a streaming list).</param>
public sealed record WatchEvent<T>(WatchEventType Type, T? Object, string ResourceVersion, bool EndsInitialList);

/// <summary>Reads an object from its JSON; the span lives only as long as the call.</summary>
public delegate T ReadObject<out T>(ReadOnlySpan<byte> json);
