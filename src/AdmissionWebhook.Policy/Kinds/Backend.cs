using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>Where a route leads requests.</summary>
/// <param name="ServiceName">Null when it is not a Service.</param>
/// <param name="Port">The Service's port.</param>
public abstract record Backend(string? ServiceName, PortReference Port)
{
    /// <summary>The Service's namespace; null for the route's own.</summary>
    public virtual string? Namespace => null;

    /// <summary>Where it stands in the route.</summary>
    public abstract FieldPath Field { get; }
}
