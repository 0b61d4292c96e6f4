using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Host = AdmissionWebhook.Policy.Values.Host;

namespace AdmissionWebhook.Server.Claims;

/// <summary>
/// A coordination.k8s.io/v1 Lease that stands for a host for some seconds: the API server stores only one Lease of a name, from the first replica
/// that asks.
/// </summary>
/// <param name="Host">The host.</param>
/// <param name="Entries">The Ingresses that were allowed to claim it.</param>
/// <param name="ResourceVersion">The version that a change replaces; null if the Lease is not stored yet.</param>
internal sealed record ClaimLease(Host Host, ImmutableArray<ClaimEntry> Entries, string? ResourceVersion = null)
{
    /// <summary>Selects the Leases of all hosts.</summary>
    public const string Selector = "labelSelector=" + Label;

    private const string Label = "policy.admissionwebhook.dev/claim-below";
    private const string Written = "policy.admissionwebhook.dev/claims";
    private const string Named = "policy.admissionwebhook.dev/host";

    /// <summary>The end of its last entry.</summary>
    public DateTimeOffset EndsAt => Entries.IsEmpty ? DateTimeOffset.MinValue : Entries.Max(entry => entry.At) + ClaimEntry.Lifetime;

    /// <summary>Selects the Leases of the hosts below a wildcard.</summary>
    public static string SelectorBelow(Host wildcard) => $"labelSelector={Uri.EscapeDataString($"{Label}={Short(wildcard.Name)}")}";

    /// <summary>A hash, because hosts can be longer than names of objects and can contain other characters.</summary>
    public static string NameOf(Host host) => $"admission-webhook-claim-{Short(host.Name)}";

    public static ClaimLease Read(ReadOnlySpan<byte> json)
    {
        var metadata = JsonNode.Parse(json)!["metadata"]!;
        var annotations = metadata["annotations"] as JsonObject ?? [];
        return new(
            Host.Parse((string?)annotations[Named]),
            [.. ReadEntries((string?)annotations[Written])],
            (string?)metadata["resourceVersion"]);
    }

    public byte[] Write(string @namespace) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject
        {
            ["name"] = NameOf(Host),
            ["namespace"] = @namespace,
            ["resourceVersion"] = ResourceVersion,
            ["labels"] = new JsonObject { [Label] = Host.CoveringWildcard is { } wildcard ? Short(wildcard) : "nothing" },
            ["annotations"] = new JsonObject { [Named] = Host.Name, [Written] = new JsonArray([.. Entries.Select(Write)]).ToJsonString() },
        },
        ["spec"] = new JsonObject { ["holderIdentity"] = Entries.IsEmpty ? null : $"{Entries[^1].Namespace}/{Entries[^1].Name}", ["leaseDurationSeconds"] = (int)ClaimEntry.Lifetime.TotalSeconds },
    }.ToJsonString());

    private static JsonNode Write(ClaimEntry entry) => new JsonObject
    {
        ["id"] = entry.Id,
        ["isRenewal"] = entry.IsRenewal,
        ["namespace"] = entry.Namespace,
        ["name"] = entry.Name,
        ["at"] = entry.At.ToUnixTimeMilliseconds(),
        ["isCreation"] = entry.IsCreation,
        ["takes"] = new JsonArray([.. entry.Takes.Select(key => JsonValue.Create(key))]),
    };

    /// <summary>An invalid Lease claims nothing.</summary>
    private static List<ClaimEntry> ReadEntries(string? written)
    {
        try
        {
            return [.. (JsonNode.Parse(written ?? "[]")?.AsArray() ?? []).Select(entry => new ClaimEntry(
                (string)entry!["id"]!,
                (string)entry["namespace"]!,
                (string)entry["name"]!,
                [.. entry["takes"]!.AsArray().Select(key => (string)key!)],
                DateTimeOffset.FromUnixTimeMilliseconds((long)entry["at"]!),
                (bool)entry["isCreation"]!)
            {
                IsRenewal = (bool)entry["isRenewal"]!,
            })];
        }
        catch (Exception meddledWith) when (meddledWith is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentOutOfRangeException)
        {
            return [];
        }
    }

    private static string Short(string host) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(host)).AsSpan(0, 16)).ToString(CultureInfo.InvariantCulture);
}
