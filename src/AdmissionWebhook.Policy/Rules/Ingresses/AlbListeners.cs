using System.Text.Json;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>What an Application Load Balancer is told to listen for, as <c>listen-ports</c> of the AWS Load Balancer Controller has it: <c>[{"HTTPS": 443}]</c>.</summary>
internal static class AlbListeners
{
    /// <summary>Whether a listener speaks a protocol; false where nothing is written, or nothing that can be read.</summary>
    public static bool Speak(string protocol, string? listenPorts)
    {
        if (listenPorts is null)
            return false;

        try
        {
            using var json = JsonDocument.Parse(listenPorts);
            return json.RootElement.ValueKind == JsonValueKind.Array
                && json.RootElement.EnumerateArray().Any(listener => listener.ValueKind == JsonValueKind.Object && listener.EnumerateObject().Any(port => port.Name == protocol));
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
