using System.Text.Json;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>The unique name of an object of a kind.</summary>
/// <param name="Namespace">Null for a cluster-scoped object.</param>
/// <param name="Name">Empty if the object has none, which no API server stores.</param>
internal readonly record struct ObjectName(string? Namespace, string Name)
{
    /// <summary>The name of an unreadable object; empty if it has no readable name.</summary>
    public static ObjectName In(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new ObjectReader(json, "");
            return reader.Begin() ? Read(ref reader) : new(null, "");
        }
        catch (JsonException)
        {
            return new(null, "");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name.Length == 0 ? "(without a name)" : Namespace is null ? Name : $"{Namespace}/{Name}";

    private static ObjectName Read(ref ObjectReader reader)
    {
        while (reader.NextField())
        {
            if (!reader.Is("metadata"u8))
            {
                reader.Skip();
                continue;
            }

            string? name = null, @namespace = null;
            for (var begins = reader.Begin(); begins && reader.NextField();)
            {
                if (reader.Is("name"u8))
                    name = reader.Text();
                else if (reader.Is("namespace"u8))
                    @namespace = reader.Text();
                else
                    reader.Skip();
            }

            return new(@namespace, name ?? "");
        }

        return new(null, "");
    }
}
