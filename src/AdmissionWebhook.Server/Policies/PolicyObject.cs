using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;

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

    /// <summary>Where the API server keeps it, and what tells it from all others.</summary>
    public string Path => Resource.ObjectPath(Namespace, Name);

    public static PolicyObject Read(CustomResource resource, ReadOnlySpan<byte> json)
    {
        var root = JsonNode.Parse(json)!.AsObject();
        var metadata = root["metadata"] as JsonObject ?? [];
        return new()
        {
            Resource = resource,
            Name = Text("name") ?? "",
            Namespace = Text("namespace"),
            Uid = Text("uid") ?? "",
            ResourceVersion = Text("resourceVersion") ?? "",
            Generation = NumberOf(metadata["generation"]),
            Written = new(json.ToArray()),
            Status = root["status"] as JsonObject,
        };

        string? Text(string name) => (string?)metadata[name];
    }

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
