using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>How a controller is told to send requests to pods. Otherwise it sends them to a node port, which the Service must have.</summary>
/// <param name="Annotation">The whole name of the annotation that tells it. The one of the Service counts before the one of the Ingress.</param>
/// <param name="Direct">The value that means pods.</param>
/// <param name="Member">The member of <paramref name="Direct"/> that must be true, if the value is JSON; null if the value is plain.</param>
/// <param name="Nodes">The value that means nodes for certain; null if none does.</param>
/// <param name="IsOnIngress">Whether it also counts on the Ingress.</param>
/// <param name="Controllers">The spec.controller values of classes that behave so.</param>
public sealed record NodePortTargets(
    string Annotation, string Direct, string? Member, string? Nodes, bool IsOnIngress, ImmutableArray<string> Controllers)
{
    /// <summary>What to write, and where, so that requests go to pods.</summary>
    public string Advice => Member is null
        ? $"{Annotation}: {Direct} on the {(IsOnIngress ? "Ingress" : "Service")}"
        : $"{Annotation}: '{Direct}' on the {(IsOnIngress ? "Ingress" : "Service")}";

    /// <summary>
    /// Whether requests go to nodes; null if settings of the controller decide, which nobody sees. A value that the controller rejects needs no port.
    /// </summary>
    public bool? UsesNodes(TextMap ofService, TextMap ofIngress) => (ofService[Annotation] ?? (IsOnIngress ? ofIngress[Annotation] : null)) switch
    {
        null => null,
        var written when Member is not null =>
            AnnotationJson.Read(written) is not [var members] || members.GetValueOrDefault(Member) == "true" ? false : null,
        var written => written == Nodes,
    };

    internal static NodePortTargets Read(JsonElement json) => new(
        json.GetProperty("annotation").GetString()!,
        json.GetProperty("direct").GetString()!,
        json.TryGetProperty("member", out var member) ? member.GetString() : null,
        json.TryGetProperty("nodes", out var nodes) ? nodes.GetString() : null,
        json.TryGetProperty("onIngress", out _),
        [.. json.GetProperty("controllers").EnumerateArray().Select(controller => controller.GetString()!)]);
}
