using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>core/v1 Namespace.</summary>
public sealed class Namespace : KubernetesObject
{
    internal static Namespace Read(ref ObjectReader json)
    {
        var metadata = ObjectMeta.Empty;

        if (!json.Begin())
            return new();

        while (json.NextField())
        {
            if (json.Is("metadata"u8))
                metadata = ObjectMeta.Read(ref json);
            else
                json.Skip();
        }

        return new() { Metadata = metadata };
    }
}
