using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Policies;

/// <summary>A TrafficPolicy or TrafficPolicyExemption as the API server stores it, with its version in force.</summary>
internal sealed record PolicyObject
{
    public required CustomResource Resource { get; init; }

    public required string Name { get; init; }

    /// <summary>Null for a policy.</summary>
    public required string? Namespace { get; init; }

    /// <summary>A later object of the same name has another uid.</summary>
    public required string Uid { get; init; }

    public required string ResourceVersion { get; init; }

    public required long Generation { get; init; }

    /// <summary>Its current content.</summary>
    public required WrittenDocument Written { get; init; }

    /// <summary>The status that the webhook wrote last.</summary>
    public required JsonObject? Status { get; init; }

    /// <summary>The version in force; null if none is.</summary>
    public AcceptedVersion? InForce { get; private init; }

    /// <summary>Its approximate memory in bytes: the text, the parsed values and their patterns.</summary>
    public long Size => 1000 + (16L * Written.Spec.Length);

    /// <summary>Its API path, which is unique.</summary>
    public string Path => Resource.ObjectPath(Namespace, Name);

    /// <summary>
    /// Reads an object of any nesting depth: it skips unneeded fields such as managedFields without parsing them, because parsing
    /// takes time that grows with size and depth. An unreadable spec is an error like any other.
    /// </summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static PolicyObject Read(CustomResource resource, ReadOnlySpan<byte> json)
    {
        var members = MembersOf(json);
        var metadata = members.TryGetValue("metadata", out var place) ? json[place] : default;
        var fields = MembersOf(metadata);
        return new()
        {
            Resource = resource,
            Name = Text(metadata, fields, "name") ?? "",
            Namespace = Text(metadata, fields, "namespace"),
            Uid = Text(metadata, fields, "uid") ?? "",
            ResourceVersion = Text(metadata, fields, "resourceVersion") ?? "",
            Generation = fields.TryGetValue("generation", out var generation) ? NumberOf(Parse(metadata[generation])) : 0,
            Written = ReadWritten(json, members, metadata, fields),
            Status = members.TryGetValue("status", out var status) ? Parse(json[status]) as JsonObject : null,
        };
    }

    /// <summary>Its stub if its namespace exceeds its share of memory: the name, and an error, so it exempts nothing.</summary>
    public PolicyObject ToStub() => this with { Written = WrittenDocument.Unreadable($"the exemptions of namespace \"{Namespace}\" exceed its share of memory; write fewer or shorter exemptions") };

    /// <summary>
    /// This object in place of <paramref name="before"/>. An invalid policy leaves its last good version in force: the newer of the former one
    /// and the one in its status. An invalid exemption exempts nothing.
    /// </summary>
    public PolicyObject After(PolicyObject? before)
    {
        var known = before?.Uid == Uid ? before.InForce : null;
        if (Written.Mistakes.Count == 0)
            return this with { InForce = known?.Generation == Generation ? known : new(Written, Generation) };
        if (Resource != CustomResource.Policies)
            return this;

        return this with { InForce = new[] { known, Remembered() }.OfType<AcceptedVersion>().MaxBy(version => version.Generation) };
    }

    /// <summary>The object without its status and without metadata that only the API server reads.</summary>
    private static WrittenDocument ReadWritten(ReadOnlySpan<byte> json, Dictionary<string, Range> members, ReadOnlySpan<byte> metadata, Dictionary<string, Range> fields)
    {
        try
        {
            var kept = new ArrayBufferWriter<byte>();
            using (var written = new Utf8JsonWriter(kept))
            {
                written.WriteStartObject();
                Copy(json, members.Where(member => member.Key is not ("metadata" or "status")), written);
                written.WriteStartObject("metadata");
                Copy(metadata, fields.Where(field => field.Key is "name" or "namespace" or "creationTimestamp"), written);
                written.WriteEndObject();
                written.WriteEndObject();
            }

            return new(kept.WrittenMemory);
        }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            return WrittenDocument.Unreadable(unreadable.Message);
        }
    }

    private static void Copy(ReadOnlySpan<byte> json, IEnumerable<KeyValuePair<string, Range>> members, Utf8JsonWriter written)
    {
        foreach (var (name, place) in members)
        {
            written.WritePropertyName(name);
            written.WriteRawValue(json[place], skipInputValidation: true);
        }
    }

    /// <summary>The position of the value of each member of an object; empty if it is not an object.</summary>
    private static Dictionary<string, Range> MembersOf(ReadOnlySpan<byte> json)
    {
        var members = new Dictionary<string, Range>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json, new() { MaxDepth = ObjectReader.MaxDepth });
        if (json.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return members;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            members[name] = start..(int)reader.BytesConsumed;
        }

        return members;
    }

    private static string? Text(ReadOnlySpan<byte> json, Dictionary<string, Range> members, string name) =>
        members.TryGetValue(name, out var place) && Parse(json[place]) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>A value that the API server or the webhook wrote, so it is shallow; null if it is not.</summary>
    private static JsonNode? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private AcceptedVersion? Remembered()
    {
        try
        {
            if ((string?)Status?["acceptedSpec"] is not { } spec)
                return null;

            var document = new JsonObject { ["apiVersion"] = Document.SupportedApiVersion, ["kind"] = Resource.Kind, ["metadata"] = new JsonObject { ["name"] = Name }, ["spec"] = JsonNode.Parse(spec) };
            var written = new WrittenDocument(Encoding.UTF8.GetBytes(document.ToJsonString()));
            return written.Mistakes.Count == 0 ? new(written, NumberOf(Status["acceptedGeneration"])) : null;
        }
        catch (Exception meddledWith) when (meddledWith is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static long NumberOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;
}

/// <summary>A valid version of a policy or an exemption.</summary>
internal sealed record AcceptedVersion(WrittenDocument Document, long Generation);
