using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>A coordination.k8s.io/v1 Lease, with which replicas elect the leader.</summary>
internal sealed record Lease
{
    public const string Name = "admission-webhook";

    public required string Namespace { get; init; }

    /// <summary>Empty after its release.</summary>
    public required string Holder { get; init; }

    public required TimeSpan Duration { get; init; }

    public required string AcquireTime { get; init; }

    public required string RenewTime { get; init; }

    public int Transitions { get; init; }

    /// <summary>The version that a change replaces; null if the lease is not stored yet.</summary>
    public string? ResourceVersion { get; init; }

    public static string CollectionOf(string @namespace) => $"apis/coordination.k8s.io/v1/namespaces/{@namespace}/leases";

    public static Lease Read(ReadOnlySpan<byte> json)
    {
        var root = JsonNode.Parse(json, documentOptions: ObjectReader.DocumentOptions)!;
        var (metadata, spec) = (root["metadata"]!, root["spec"] as JsonObject ?? []);
        return new()
        {
            Namespace = (string)metadata["namespace"]!,
            ResourceVersion = (string?)metadata["resourceVersion"],
            Holder = (string?)spec["holderIdentity"] ?? "",
            Duration = TimeSpan.FromSeconds((int?)spec["leaseDurationSeconds"] ?? 15),
            AcquireTime = (string?)spec["acquireTime"] ?? "",
            RenewTime = (string?)spec["renewTime"] ?? "",
            Transitions = (int?)spec["leaseTransitions"] ?? 0,
        };
    }

    /// <summary>As metav1.MicroTime.</summary>
    public static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public byte[] Write() => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = Namespace, ["resourceVersion"] = ResourceVersion },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = Holder,
            ["leaseDurationSeconds"] = (int)Math.Ceiling(Duration.TotalSeconds),
            ["acquireTime"] = AcquireTime,
            ["renewTime"] = RenewTime,
            ["leaseTransitions"] = Transitions,
        },
    }.ToJsonString());
}
