using System.Globalization;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>
/// The listeners of an Application Load Balancer, from <c>listen-ports</c> of the AWS Load Balancer Controller: <c>[{"HTTPS": 443}]</c>. The
/// list decides, even if there are certificates. A list that the controller rejects has no listeners.
/// </summary>
/// <param name="SpeakHttp">Whether a listener speaks plain HTTP.</param>
/// <param name="SpeakHttps">Whether a listener speaks HTTPS.</param>
internal readonly record struct AlbListeners(bool SpeakHttp, bool SpeakHttps)
{
    /// <summary>The annotation with the list.</summary>
    internal const string Annotation = "alb.ingress.kubernetes.io/listen-ports";

    /// <summary>The listeners of an Ingress; null if the controller chooses them.</summary>
    public static AlbListeners? Of(Ingress ingress)
    {
        if (ingress.Metadata.Annotations[Annotation] is not { Length: > 0 } written)
            return null;

        var ports = AnnotationJson.Read(written)?.SelectMany(listener => listener).ToList() ?? [];
        return ports.TrueForAll(port => port.Key is "HTTP" or "HTTPS" && IsPort(port.Value))
            ? new(ports.Exists(port => port.Key == "HTTP"), ports.Exists(port => port.Key == "HTTPS"))
            : default(AlbListeners);
    }

    private static bool IsPort(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535;
}
