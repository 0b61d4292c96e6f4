using System.Globalization;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>
/// discovery.k8s.io/v1 EndpointSlice: of some of the pods behind a Service, whether any is ready. There is one for nearly every Service and it
/// changes with the pods, so nothing else of it is kept.
/// </summary>
public sealed class EndpointSlice : KubernetesObject
{
    private const string ServiceLabel = "kubernetes.io/service-name";

    /// <summary>The Service it belongs to; null if it belongs to none.</summary>
    public string? ServiceName { get; private init; }

    /// <summary>Whether an endpoint takes traffic. One that says nothing of it does, as in kube-proxy.</summary>
    public bool HasReady { get; private init; }

    /// <summary>The latest time at which it can have changed, from managedFields; null if unknown.</summary>
    public DateTimeOffset? ChangedAt { get; private init; }

    /// <summary>The Service it belongs to.</summary>
    public ObjectReference? Service => ServiceName is null ? null : new(ResourceKind.Service, Metadata.Namespace, ServiceName);

    /// <summary>Whether nothing has changed that matters: an address may have.</summary>
    public bool SaysSameAs(EndpointSlice other) => HasReady == other.HasReady && ServiceName == other.ServiceName;

    internal static EndpointSlice Read(ref ObjectReader json)
    {
        var metadata = ObjectMeta.Empty;
        string? service = null, changed = null;
        var hasReady = false;

        if (!json.Begin())
            return new();

        while (json.NextField())
        {
            if (json.Is("metadata"u8) && json.Begin())
                metadata = ReadMetadata(ref json, out service, out changed);
            else if (json.Is("endpoints"u8))
                hasReady = json.List(ReadReadiness).Contains(true);
            else
                json.Skip();
        }

        return new()
        {
            Metadata = metadata,
            ServiceName = string.IsNullOrEmpty(service) ? null : service,
            HasReady = hasReady,
            ChangedAt = DateTimeOffset.TryParse(changed, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null,
        };
    }

    private static ObjectMeta ReadMetadata(ref ObjectReader json, out string? service, out string? changed)
    {
        string? name = null, @namespace = null, latest = null;
        service = null;
        while (json.NextField())
        {
            if (json.Is("name"u8))
                name = json.Text();
            else if (json.Is("namespace"u8))
                @namespace = json.Text();
            else if (json.Is("labels"u8))
                service = json.Map(Bound.Labels)[ServiceLabel];
            else if (json.Is("creationTimestamp"u8))
                latest = Later(latest, json.Text());
            else if (json.Is("managedFields"u8))
                latest = json.List(ReadTime).Aggregate(latest, Later);
            else
                json.Skip();
        }

        changed = latest;
        return new() { Name = name ?? "", Namespace = @namespace };
    }

    private static bool ReadReadiness(ref ObjectReader json, int index)
    {
        var isReady = true;
        while (json.NextField())
        {
            if (!json.Is("conditions"u8) || !json.Begin())
            {
                json.Skip();
                continue;
            }

            while (json.NextField())
            {
                if (json.Is("ready"u8))
                    isReady = json.Flag() ?? true;
                else
                    json.Skip();
            }
        }

        return isReady;
    }

    private static string? ReadTime(ref ObjectReader json, int index)
    {
        string? time = null;
        while (json.NextField())
        {
            if (json.Is("time"u8))
                time = json.Text();
            else
                json.Skip();
        }

        return time;
    }

    /// <summary>The API server writes all of them in UTC and to the second, so texts compare as instants do.</summary>
    private static string? Later(string? one, string? other) => string.CompareOrdinal(one, other) >= 0 ? one : other;
}
