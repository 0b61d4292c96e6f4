using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>An object that leads requests to backends: an Ingress.</summary>
public abstract class Route : KubernetesObject
{
    /// <summary>Whom it asks to serve it, each once; for an Ingress the classes that it names. Empty where it leaves that to a default.</summary>
    public abstract IEnumerable<ObjectReference> Parents { get; }

    /// <summary>The hosts that it asks for, those in DNS and in certificates too, each once.</summary>
    public abstract IEnumerable<Host> ClaimedHosts { get; }

    /// <summary>Where its requests go.</summary>
    public abstract IEnumerable<Backend> Backends { get; }

    /// <summary>The Service that a backend names; null where it names none.</summary>
    public ObjectReference? ServiceOf(Backend backend) =>
        backend.ServiceName is { } name ? new(ResourceKind.Service, backend.Namespace ?? Metadata.Namespace, name) : null;
}
