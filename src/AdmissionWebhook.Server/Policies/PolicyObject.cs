using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Policies;

/// <summary>A TrafficPolicy or TrafficPolicyExemption as the API server stores it, and the version of it that is in force.</summary>
internal sealed record PolicyObject
{
    public required CustomResource Resource { get; init; }

    public required string Name { get; init; }

    /// <summary>Null for a policy.</summary>
    public required string? Namespace { get; init; }

    /// <summary>Another object of the same name has another.</summary>
    public required string Uid { get; init; }

    public required string ResourceVersion { get; init; }

    public required long Generation { get; init; }

    /// <summary>What is written in it now.</summary>
    public required WrittenDocument Written { get; init; }

    /// <summary>What the webhook has told of it so far.</summary>
    public required JsonObject? Status { get; init; }

    /// <summary>The version in force; null where there is none.</summary>
    public AcceptedVersion? InForce { get; private init; }

    /// <summary>About how many bytes it takes to know it: its text, what is read of it, and the patterns made of that.</summary>
    public long Size => 1000 + (16L * Written.Spec.Length);

    /// <summary>Where the API server keeps it, and what tells it from all others.</summary>
    public string Path => Resource.ObjectPath(Namespace, Name);

    /// <summary>
    /// Reads what the API server sent, however deep it nests: what nobody needs, such as managedFields, is passed over and never parsed, since to parse it
    /// takes time that grows with its size and its depth. A spec that cannot be read is a mistake like any other.
    /// </summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
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

    /// <summary>What is left of it where its namespace has more than its share of memory: its name, and that it exempts nothing.</summary>
    public PolicyObject ToStub() => this with { Written = WrittenDocument.Unreadable($"the exemptions of namespace \"{Namespace}\" exceed its share of memory; write fewer or shorter exemptions") };

    /// <summary>
    /// This object where <paramref name="before"/> was. A policy with mistakes leaves its last good version in force: the newer of the one that was
    /// and the one that its status remembers. An exemption with mistakes exempts nothing.
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

    /// <summary>Without the status and without what the API server alone reads in metadata.</summary>
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

    /// <summary>Where the value of each member of an object stands; nothing where it is no object.</summary>
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

    /// <summary>A value that the API server or the webhook itself has written, so that it is shallow; null where it is not.</summary>
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

/// <summary>A version of a policy or an exemption that had no mistakes.</summary>
internal sealed record AcceptedVersion(WrittenDocument Document, long Generation);
